import { sql } from 'kysely';
import type { Db, Tables, Trx } from '../../database.ts';
import { preparedQuery } from '../../platform/db/prepared-query.ts';
import type { LoggedModel, LoggedModelDetail, ModelMetric, ModelStatus } from './logged-model.ts';
import { type PointColumns, toColumns, toPoint } from './metric.store.ts';
import { type Lifecycle, type Pair, WORKSPACE } from './workspace.ts';

export interface LoggedModelTable {
  workspace: string;
  id: string;
  experiment: number;
  name: string;
  model_type: string | null;
  status: ModelStatus;
  lifecycle: Lifecycle;
  source_run: string | null;
  artifact_uri: string;
  golden_origin: 'job' | 'rebuilt' | null;
  golden_sha256: string | null;
  created_at: number;
  updated_at: number;
}

export interface ModelPairTable {
  workspace: string;
  model: string;
  key: string;
  value: string;
}

export interface ModelMetricTable extends PointColumns {
  workspace: string;
  model: string;
  run: string;
  /** '' without a dataset. */
  dataset_name: string;
  dataset_digest: string;
}

export interface LoggedModelTables {
  logged_models: LoggedModelTable;
  logged_model_tags: ModelPairTable;
  logged_model_params: ModelPairTable;
  logged_model_metrics: ModelMetricTable;
}

const MODELS_PER_QUERY = 1_000;

/** Deleted ones too. */
export async function findLoggedModelRow(db: Db, id: string): Promise<LoggedModel | undefined> {
  const row = await db
    .selectFrom('logged_models')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && toLoggedModel(row);
}

/** With tags, params and metrics; deleted ones too. */
export async function findLoggedModel(db: Db, id: string): Promise<LoggedModelDetail | undefined> {
  const model = await findLoggedModelRow(db, id);
  return model && (await withModelDetails(db, [model]))[0];
}

/** What a run logged, oldest first; without deleted ones. */
export async function listLoggedModelsOfRun(db: Db, run: string): Promise<LoggedModel[]> {
  const rows = await db
    .selectFrom('logged_models')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('source_run', '=', run)
    .where('lifecycle', '=', 'active')
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(toLoggedModel);
}

export async function insertLoggedModel(trx: Trx, model: LoggedModel): Promise<void> {
  await trx
    .insertInto('logged_models')
    .values({
      workspace: WORKSPACE,
      id: model.id,
      experiment: model.experiment,
      name: model.name,
      model_type: model.modelType,
      status: model.status,
      lifecycle: model.lifecycle,
      source_run: model.sourceRun,
      artifact_uri: model.artifactUri,
      golden_origin: null,
      golden_sha256: null,
      created_at: model.createdAt,
      updated_at: model.updatedAt,
    })
    .execute();
}

export async function updateLoggedModel(
  trx: Trx,
  id: string,
  change: Partial<Pick<LoggedModelTable, 'status' | 'lifecycle' | 'updated_at' | 'golden_origin' | 'golden_sha256'>>,
): Promise<void> {
  await trx.updateTable('logged_models').set(change).where('workspace', '=', WORKSPACE).where('id', '=', id).execute();
}

/** Rows per statement: databases bound the number of parameters. */
const PAIRS_AT_ONCE = 500;

export async function upsertModelPairs(
  trx: Trx,
  table: 'logged_model_tags' | 'logged_model_params',
  model: string,
  pairs: readonly Pair[],
): Promise<void> {
  const unique = [...new Map(pairs.map(({ key, value }) => [key, value]))].sort(([a], [b]) => (a < b ? -1 : 1));
  for (let from = 0; from < unique.length; from += PAIRS_AT_ONCE) {
    await trx
      .insertInto(table)
      .values(
        unique.slice(from, from + PAIRS_AT_ONCE).map(([key, value]) => ({ workspace: WORKSPACE, model, key, value })),
      )
      .onConflict((conflict) =>
        conflict.columns(['workspace', 'model', 'key']).doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
      )
      .execute();
  }
}

/** False when there was none. */
export async function deleteModelTag(trx: Trx, model: string, key: string): Promise<boolean> {
  const { numDeletedRows } = await trx
    .deleteFrom('logged_model_tags')
    .where('workspace', '=', WORKSPACE)
    .where('model', '=', model)
    .where('key', '=', key)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

const upsertMetric = preparedQuery<Tables, Omit<ModelMetricTable, 'workspace'>>((db, p) =>
  db
    .insertInto('logged_model_metrics')
    .values({
      workspace: WORKSPACE,
      ...{ model: p.model, run: p.run, dataset_name: p.dataset_name, dataset_digest: p.dataset_digest },
      ...{ key: p.key, timestamp: p.timestamp, step: p.step, value: p.value, is_nan: p.is_nan },
    })
    .onConflict((conflict) =>
      conflict
        .columns(['workspace', 'model', 'key', 'run', 'dataset_name', 'dataset_digest'])
        .doUpdateSet((eb) => ({
          timestamp: eb.ref('excluded.timestamp'),
          step: eb.ref('excluded.step'),
          value: eb.ref('excluded.value'),
          is_nan: eb.ref('excluded.is_nan'),
        }))
        .where(
          sql<boolean>`(excluded.step, excluded.timestamp, excluded.value) >
            (logged_model_metrics.step, logged_model_metrics.timestamp, logged_model_metrics.value)`,
        ),
    ),
);

/** Keeps the latest point of each metric, run and dataset. */
export async function upsertModelMetrics(
  trx: Trx,
  metrics: readonly (ModelMetric & { readonly model: string })[],
): Promise<void> {
  const ordered = [...metrics].sort((a, b) => compare(`${a.model} ${a.key}`, `${b.model} ${b.key}`));
  for (const { model, run, datasetName, datasetDigest, ...point } of ordered) {
    const dataset = { dataset_name: datasetName ?? '', dataset_digest: datasetDigest ?? '' };
    await upsertMetric(trx, { model, run, ...dataset, ...toColumns(point) });
  }
}

/** Which of these ids exist and are not deleted. */
export async function findActiveModels(db: Db, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom('logged_models')
    .select('id')
    .where('workspace', '=', WORKSPACE)
    .where('id', 'in', [...ids])
    .where('lifecycle', '=', 'active')
    .execute();
  return new Set(rows.map(({ id }) => id));
}

export async function withModelDetails(db: Db, models: readonly LoggedModel[]): Promise<LoggedModelDetail[]> {
  const details: LoggedModelDetail[] = [];
  for (let from = 0; from < models.length; from += MODELS_PER_QUERY) {
    details.push(...(await detailsOf(db, models.slice(from, from + MODELS_PER_QUERY))));
  }
  return details;
}

async function detailsOf(db: Db, models: readonly LoggedModel[]): Promise<LoggedModelDetail[]> {
  const ids = models.map(({ id }) => id);
  const [tags, params, metrics] = await Promise.all([
    listPairs(db, 'logged_model_tags', ids),
    listPairs(db, 'logged_model_params', ids),
    listMetrics(db, ids),
  ]);
  return models.map((model) => ({
    ...model,
    tags: (tags.get(model.id) ?? []).map(({ key, value }) => ({ key, value })),
    params: (params.get(model.id) ?? []).map(({ key, value }) => ({ key, value })),
    metrics: (metrics.get(model.id) ?? []).map(toModelMetric),
  }));
}

async function listPairs(db: Db, table: 'logged_model_tags' | 'logged_model_params', models: readonly string[]) {
  const rows = await db
    .selectFrom(table)
    .select(['model', 'key', 'value'])
    .where('workspace', '=', WORKSPACE)
    .where('model', 'in', [...models])
    .orderBy('model')
    .orderBy('key')
    .execute();
  return Map.groupBy(rows, ({ model }) => model);
}

async function listMetrics(db: Db, models: readonly string[]) {
  const rows = await db
    .selectFrom('logged_model_metrics')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('model', 'in', [...models])
    .orderBy('model')
    .orderBy('key')
    .orderBy('run')
    .execute();
  return Map.groupBy(rows, ({ model }) => model);
}

function toModelMetric(row: ModelMetricTable): ModelMetric {
  const { run, dataset_name, dataset_digest } = row;
  return { ...toPoint(row), run, datasetName: dataset_name || null, datasetDigest: dataset_digest || null };
}

export function toLoggedModel(row: LoggedModelTable): LoggedModel {
  const { golden_origin: origin, golden_sha256: sha256 } = row;
  return {
    id: row.id,
    experiment: row.experiment,
    name: row.name,
    modelType: row.model_type,
    status: row.status,
    lifecycle: row.lifecycle,
    sourceRun: row.source_run,
    artifactUri: row.artifact_uri,
    golden: origin === null || sha256 === null ? null : { origin, sha256 },
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
