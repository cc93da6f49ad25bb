import type { Context } from '../context.ts';
import type { Db } from '../database.ts';
import { findWholeModel } from '../loop/registry/index.ts';
import { findExperimentByName } from '../loop/track/index.ts';
import { artifactRoot } from './artifact-root.ts';
import type { PlanBody, PlanResponse } from './import.schema.ts';
import { findImportOfStore, findItems } from './import.store.ts';

/** What is there already, and which names are taken by something else. Writes nothing. */
export async function planImport(
  { db, config }: Pick<Context, 'db' | 'config'>,
  body: PlanBody,
): Promise<PlanResponse> {
  const found = await findImportOfStore(db.read, body.store);
  const ids = body.experiments.map(({ source_id }) => source_id);
  const known = found ? await findItems(db.read, found.id, 'experiment', ids) : new Map<string, string>();
  const models = found
    ? await findItems(db.read, found.id, 'registered-model', body.models)
    : new Map<string, string>();
  const experiments: PlanResponse['experiments'] = [];
  const taken: string[] = [];
  for (const { source_id, name } of body.experiments) {
    const id = known.get(source_id);
    experiments.push({ source_id, id: id === undefined ? null : Number(id) });
    const named = await findExperimentByName(db.read, name);
    const isOwn = named === undefined || String(named.id) === id || (source_id === '0' && named.id === 0);
    if (!isOwn) taken.push(`experiment ${name} (id ${named.id}, ${named.lifecycle})`);
  }
  for (const name of body.models) if (!models.has(name)) taken.push(...(await takenModel(db.read, name)));
  return {
    artifact_root: artifactRoot(config),
    import: found?.id ?? null,
    resumes: found?.state === 'running',
    experiments,
    taken,
  };
}

async function takenModel(db: Db, name: string): Promise<string[]> {
  return (await findWholeModel(db, name)) ? [`registered model ${name}`] : [];
}
