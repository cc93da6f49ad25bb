import type { Context } from '../../context.ts';
import type { Db } from '../../database.ts';
import { findAlias } from './alias.store.ts';
import { registryErrors } from './errors.ts';
import { modelExists } from './model.store.ts';
import { type ModelVersion, parseVersionReference, type VersionReference } from './model.ts';
import { findLatestVersion, findVersion } from './version.store.ts';

/**
 * `flights/3`, `version:flights/3`, `flights@champion`, `flights/latest` → the version.
 * @throws REGISTRY_INVALID_REF, REGISTRY_MODEL_NOT_FOUND, REGISTRY_VERSION_NOT_FOUND, REGISTRY_ALIAS_NOT_FOUND
 */
export async function resolveVersion({ db }: Pick<Context, 'db'>, ref: string): Promise<ModelVersion> {
  const reference = parseVersionReference(ref);
  if (!reference) throw registryErrors.INVALID_REF({ ref });
  const version = await findReferenced(db.read, reference);
  if (version) return version;
  const { name } = reference;
  if (!(await modelExists(db.read, name))) throw registryErrors.MODEL_NOT_FOUND({ name });
  if ('alias' in reference) throw registryErrors.ALIAS_NOT_FOUND({ name, alias: reference.alias });
  throw registryErrors.VERSION_NOT_FOUND({ name, version: 'number' in reference ? reference.number : 'at all' });
}

export async function findReferenced(db: Db, reference: VersionReference): Promise<ModelVersion | undefined> {
  const { name } = reference;
  if ('latest' in reference) return findLatestVersion(db, name);
  const number = 'number' in reference ? reference.number : await findAlias(db, name, reference.alias);
  return number === undefined ? undefined : findVersion(db, { name, number });
}
