import type { Trx } from '../../database.ts';
import { findLoggedModel, upsertModelPairs } from './logged-model.store.ts';
import type { Pair } from './workspace.ts';

/** Tag by which MLflow's clients and pages find the registered versions of a logged model. */
const VERSIONS_TAG = 'mlflow.modelVersions';

export interface NotedVersion {
  readonly name: string;
  /** A number; clients write it as text. */
  readonly version: number;
}

/** Adds a registered version to those that a logged model says it is; clients do the same. */
export async function noteModelVersion(trx: Trx, modelId: string, { name, version }: NotedVersion): Promise<void> {
  const model = await findLoggedModel(trx, modelId);
  if (!model) return;
  const noted = readNoted(model.tags.find(({ key }) => key === VERSIONS_TAG)?.value);
  if (noted.some((one) => isSame(one, { name, version }))) return;
  const value = pythonDump([...noted, { name, version }]);
  await upsertModelPairs(trx, 'logged_model_tags', modelId, [{ key: VERSIONS_TAG, value }]);
}

/**
 * The tag as a client sets it: clients add a version that the server has noted already, and each counts once. What is
 * no such list is left as it is.
 */
export function withoutRepeats({ key, value }: Pair): Pair {
  if (key !== VERSIONS_TAG) return { key, value };
  const noted = readNoted(value);
  const unique = noted.filter((one, i) => noted.findIndex((other) => isSame(one, other)) === i);
  return unique.length === noted.length ? { key, value } : { key, value: pythonDump(unique) };
}

function isSame(a: Partial<NotedVersion>, b: Partial<NotedVersion>): boolean {
  return a.name === b.name && Number(a.version) === Number(b.version);
}

/** JSON with the spaces that MLflow writes, since some compare it as text. */
function pythonDump(value: unknown): string {
  return JSON.stringify(value, null, 1)
    .replace(/,\n\s*/g, ', ')
    .replace(/\n\s*/g, '');
}

/** Clients can write anything here: what is no list begins anew. */
function readNoted(text: string | undefined): readonly Partial<NotedVersion>[] {
  try {
    const read: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(read) ? read.filter((one) => typeof one === 'object' && one !== null) : [];
  } catch {
    return [];
  }
}
