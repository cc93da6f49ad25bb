import type { Db, Trx } from '../../database.ts';
import { uuidv7 } from '../../platform/ids.ts';
import type { DatasetInput, InputDataset, ModelOutput } from './run.ts';
import { type Pair, WORKSPACE } from './workspace.ts';

export interface InputDatasetTable {
  workspace: string;
  id: string;
  experiment: number;
  name: string;
  digest: string;
  source_type: string;
  source: string;
  schema: string | null;
  profile: string | null;
}

export interface RunInputTable {
  workspace: string;
  run: string;
  dataset: string;
  /** Value of the tag `mlflow.data.context`. */
  context: string | null;
  /** JSON of {@link Pair}s. */
  tags: string;
}

export interface RunModelTable {
  workspace: string;
  run: string;
  direction: 'input' | 'output';
  model: string;
  step: number;
}

export interface InputTables {
  input_datasets: InputDatasetTable;
  run_inputs: RunInputTable;
  run_models: RunModelTable;
}

export const CONTEXT_TAG = 'mlflow.data.context';

/** A dataset is known by experiment, name and digest; what a run said of it first stays. Call under the lock of the run. */
export async function upsertInput(
  trx: Trx,
  { run, experiment, input }: { run: string; experiment: number; input: DatasetInput },
): Promise<void> {
  const dataset = await upsertDataset(trx, experiment, input.dataset);
  const unique = new Map(input.tags.map(({ key, value }) => [key, value]));
  const tags = JSON.stringify([...unique].map(([key, value]) => ({ key, value })));
  const context = unique.get(CONTEXT_TAG) ?? null;
  await trx
    .insertInto('run_inputs')
    .values({ workspace: WORKSPACE, run, dataset, context, tags })
    .onConflict((conflict) => conflict.columns(['workspace', 'run', 'dataset']).doNothing())
    .execute();
}

async function upsertDataset(trx: Trx, experiment: number, dataset: InputDataset): Promise<string> {
  const { name, digest, source_type, source, schema = null, profile = null } = dataset;
  await trx
    .insertInto('input_datasets')
    .values({ workspace: WORKSPACE, id: uuidv7(), experiment, name, digest, source_type, source, schema, profile })
    .onConflict((conflict) => conflict.columns(['workspace', 'experiment', 'name', 'digest']).doNothing())
    .execute();
  const { id } = await trx
    .selectFrom('input_datasets')
    .select('id')
    .where('workspace', '=', WORKSPACE)
    .where('experiment', '=', experiment)
    .where('name', '=', name)
    .where('digest', '=', digest)
    .executeTakeFirstOrThrow();
  return id;
}

export async function insertRunModels(
  trx: Trx,
  run: string,
  direction: 'input' | 'output',
  models: readonly ModelOutput[],
): Promise<void> {
  for (const { model, step } of models) {
    await trx
      .insertInto('run_models')
      .values({ workspace: WORKSPACE, run, direction, model, step })
      .onConflict((conflict) => conflict.columns(['workspace', 'run', 'direction', 'model']).doUpdateSet({ step }))
      .execute();
  }
}

/** Inputs of these runs (at most some thousands), by run. */
export async function listInputs(db: Db, runs: readonly string[]): Promise<Map<string, DatasetInput[]>> {
  const rows = await db
    .selectFrom('run_inputs as i')
    .innerJoin('input_datasets as d', (join) =>
      join.onRef('d.workspace', '=', 'i.workspace').onRef('d.id', '=', 'i.dataset'),
    )
    .select(['i.run', 'i.tags', 'd.name', 'd.digest', 'd.source_type', 'd.source', 'd.schema', 'd.profile'])
    .where('i.workspace', '=', WORKSPACE)
    .where('i.run', 'in', [...runs])
    .orderBy('i.run')
    .orderBy('d.id')
    .execute();
  const found = new Map<string, DatasetInput[]>();
  for (const { run, tags, ...dataset } of rows) push(found, run, { dataset, tags: parseTags(tags) });
  return found;
}

export async function listRunModels(
  db: Db,
  runs: readonly string[],
): Promise<Map<string, (ModelOutput & { readonly direction: 'input' | 'output' })[]>> {
  const rows = await db
    .selectFrom('run_models')
    .select(['run', 'direction', 'model', 'step'])
    .where('workspace', '=', WORKSPACE)
    .where('run', 'in', [...runs])
    .orderBy('run')
    .orderBy('step')
    .orderBy('model')
    .execute();
  return Map.groupBy(rows, ({ run }) => run);
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

function parseTags(text: string): Pair[] {
  return JSON.parse(text) as Pair[];
}
