import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { lockModels } from './lock-model.ts';
import { versionNotFound } from './mlflow-refusals.ts';
import { touchModel } from './model.store.ts';
import type { ModelVersion, VersionKey } from './model.ts';
import { findVersion, updateVersion } from './version.store.ts';

/** Changes what is said of a version, and notes when. @throws RESOURCE_DOES_NOT_EXIST, and what `change` throws */
export async function changeVersion(
  parts: Pick<Context, 'db' | 'clock'>,
  key: VersionKey,
  change: (trx: Trx, version: ModelVersion) => Promise<unknown>,
): Promise<ModelVersion> {
  const { db, clock } = parts;
  return db.transaction(async (trx) => {
    await lockModels(parts, trx, key.name);
    const before = await findVersion(trx, key);
    if (!before) throw versionNotFound(key);
    await change(trx, before);
    const now = clock.now();
    await updateVersion(trx, key, { updated_at: now });
    await touchModel(trx, key.name, now);
    return (await findVersion(trx, key)) ?? before;
  });
}
