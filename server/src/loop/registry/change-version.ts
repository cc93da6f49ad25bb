import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { lockModels } from './lock-model.ts';
import { versionNotFound } from './mlflow-refusals.ts';
import type { ModelVersion, VersionKey } from './model.ts';
import { findVersion } from './version.store.ts';

/** Changes what is said of a version, under the lock of its model. @throws RESOURCE_DOES_NOT_EXIST, and what `change` throws */
export async function changeVersion(
  parts: Pick<Context, 'db'>,
  key: VersionKey,
  change: (trx: Trx, version: ModelVersion) => Promise<unknown>,
): Promise<ModelVersion> {
  const { db } = parts;
  return db.transaction(async (trx) => {
    await lockModels(parts, trx, key.name);
    const before = await findVersion(trx, key);
    if (!before) throw versionNotFound(key);
    await change(trx, before);
    return (await findVersion(trx, key)) ?? before;
  });
}
