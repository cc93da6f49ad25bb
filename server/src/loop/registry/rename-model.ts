import type { Context } from '../../context.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { lockModels } from './lock-model.ts';
import { modelExistsAlready, modelNotFound } from './mlflow-refusals.ts';
import { modelExists, renameModel as renameRows } from './model.store.ts';
import { modelRef } from './model.ts';
import { renameVersions } from './version.store.ts';

/**
 * Gives a model, with all that belongs to it, another name. Numbers that either name ever had stay taken.
 * @throws RESOURCE_DOES_NOT_EXIST, RESOURCE_ALREADY_EXISTS
 */
export async function renameModel(
  parts: Pick<Context, 'db' | 'clock'>,
  given: { readonly name: string; readonly newName: string; readonly actor: string },
): Promise<void> {
  const { db, clock } = parts;
  const { name, newName, actor } = given;
  await db.transaction(async (trx) => {
    await lockModels(parts, trx, name, newName);
    if (!(await modelExists(trx, name))) throw modelNotFound(name);
    if (name === newName) return;
    if (await modelExists(trx, newName)) throw modelExistsAlready(newName);
    const now = clock.now();
    await renameRows(trx, name, newName, now);
    await renameVersions(trx, name, newName, now);
    const data = { from: name, to: newName };
    await appendEvent(trx, { clock }, { type: 'model.renamed', subject: modelRef(newName), actor, data });
  });
}
