import type { Context } from '../../context.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { lockModels } from './lock-model.ts';
import { modelNotFound } from './mlflow-refusals.ts';
import { deleteModel as deleteRows } from './model.store.ts';
import { modelRef } from './model.ts';
import { deleteVersions } from './version.store.ts';

/**
 * Deletes a model with its versions, tags and aliases; the files and logged models stay, and its numbers are never
 * given again. @throws RESOURCE_DOES_NOT_EXIST
 */
export async function deleteModel(
  parts: Pick<Context, 'db' | 'clock'>,
  given: { readonly name: string; readonly actor: string },
): Promise<void> {
  const { db, clock } = parts;
  const { name, actor } = given;
  await db.transaction(async (trx) => {
    await lockModels(parts, trx, name);
    const versions = await deleteVersions(trx, name, null);
    if (!(await deleteRows(trx, name))) throw modelNotFound(name);
    await appendEvent(trx, { clock }, { type: 'model.deleted', subject: modelRef(name), actor, data: { versions } });
  });
}
