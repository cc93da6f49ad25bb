import type { Context } from '../../context.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { deleteAlias as deleteRow, findAlias, setAlias as setRow } from './alias.store.ts';
import { lockModels } from './lock-model.ts';
import { modelNotFound, versionNotFound } from './mlflow-refusals.ts';
import { modelExists } from './model.store.ts';
import { type VersionKey, versionRef } from './model.ts';
import { tellAlias } from './tell-registry.ts';
import { findVersion } from './version.store.ts';

type Parts = Pick<Context, 'db' | 'clock'>;

/** Points an alias at a version; no traffic moves. @throws RESOURCE_DOES_NOT_EXIST */
export async function setAlias(parts: Parts, key: VersionKey, alias: string, actor: string): Promise<void> {
  const { db, clock } = parts;
  await db.transaction(async (trx) => {
    await lockModels(parts, trx, key.name);
    if (!(await findVersion(trx, key))) throw versionNotFound(key);
    await tellAlias(parts, trx, { name: key.name, alias, number: key.number });
    const before = (await findAlias(trx, key.name, alias)) ?? null;
    if (before === key.number) return;
    await setRow(trx, key.name, alias, key.number);
    const data = { alias, from: before };
    await appendEvent(trx, { clock }, { type: 'version.alias_set', subject: versionRef(key), actor, data });
  });
}

/** An alias that is not there is none any more: no error. @throws RESOURCE_DOES_NOT_EXIST when there is no such model */
export async function deleteAlias(
  parts: Parts,
  { name, alias, actor }: { readonly name: string; readonly alias: string; readonly actor: string },
): Promise<void> {
  const { db, clock } = parts;
  await db.transaction(async (trx) => {
    await lockModels(parts, trx, name);
    if (!(await modelExists(trx, name))) throw modelNotFound(name);
    await tellAlias(parts, trx, { name, alias, number: null });
    const number = await deleteRow(trx, name, alias);
    if (number === null) return;
    const subject = versionRef({ name, number });
    await appendEvent(trx, { clock }, { type: 'version.alias_deleted', subject, actor, data: { alias } });
  });
}
