import type { Context } from '../../context.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { deleteAliasesOf } from './alias.store.ts';
import { lockModels } from './lock-model.ts';
import { versionNotFound } from './mlflow-refusals.ts';
import { touchModel } from './model.store.ts';
import { type VersionKey, versionRef } from './model.ts';
import { deleteVersions } from './version.store.ts';

/** With its tags and the aliases that point at it; its number is never given again. @throws RESOURCE_DOES_NOT_EXIST */
export async function deleteVersion(
  parts: Pick<Context, 'db' | 'clock'>,
  key: VersionKey,
  actor: string,
): Promise<void> {
  const { db, clock } = parts;
  await db.transaction(async (trx) => {
    await lockModels(parts, trx, key.name);
    if ((await deleteVersions(trx, key.name, key.number)) === 0) throw versionNotFound(key);
    const aliases = await deleteAliasesOf(trx, key.name, key.number);
    await touchModel(trx, key.name, clock.now());
    const event = { type: 'version.deleted', subject: versionRef(key), actor, data: { aliases } };
    await appendEvent(trx, { clock }, event);
  });
}
