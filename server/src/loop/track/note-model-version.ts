import type { Trx } from '../../database.ts';
import { findLoggedModel, upsertModelPairs } from './logged-model.store.ts';

/** Tag by which MLflow's clients and pages find the registered versions of a logged model. */
const VERSIONS_TAG = 'mlflow.modelVersions';

export interface NotedVersion {
  readonly name: string;
  /** A number, as clients write it too. */
  readonly version: number;
}

/** Adds a registered version to those that a logged model says it is; clients may do the same, in the same form. */
export async function noteModelVersion(trx: Trx, modelId: string, { name, version }: NotedVersion): Promise<void> {
  const model = await findLoggedModel(trx, modelId);
  if (!model) return;
  const noted = readNoted(model.tags.find(({ key }) => key === VERSIONS_TAG)?.value);
  if (noted.some((one) => one.name === name && Number(one.version) === version)) return;
  const value = pythonDump([...noted, { name, version }]);
  await upsertModelPairs(trx, 'logged_model_tags', modelId, [{ key: VERSIONS_TAG, value }]);
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
