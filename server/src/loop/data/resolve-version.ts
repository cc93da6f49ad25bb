import type { Db } from '../../database.ts';
import { datasetExists, findVersion } from './dataset.store.ts';
import { type DatasetRef, type DatasetVersion, parseDatasetRef } from './dataset.ts';
import { dataErrors } from './errors.ts';

/** @throws DATA_DATASET_NOT_FOUND, DATA_VERSION_NOT_FOUND, DATA_INVALID_REF */
export async function resolveVersion({ db }: { db: { read: Db } }, ref: DatasetRef | string): Promise<DatasetVersion> {
  const { name, number } = typeof ref === 'string' ? parseDatasetRef(ref) : ref;
  const version = await findVersion(db.read, name, number);
  if (version) return version;
  if (number !== null && (await datasetExists(db.read, name)))
    throw dataErrors.VERSION_NOT_FOUND({ name, version: number });
  throw dataErrors.DATASET_NOT_FOUND({ name });
}
