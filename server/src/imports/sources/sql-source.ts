import type { SourceDatabase, SourceRow } from '../../platform/db/source-database.ts';
import { openArtifacts } from './artifact-folders.ts';
import type { MlflowSource, OnLeftOut, Series, SourceExperiment, SourceOptions, SourceRun } from './source.ts';
import { readLoggedModels, readRegisteredModels } from './sql-models.ts';
import { readTables, type SqlTables } from './sql-tables.ts';
import { asNumber, asText, asTextOrNull, toLifecycle, toRunStatus } from './values.ts';

const RUNS_AT_ONCE = 100;
const POINTS_AT_ONCE = 5_000;

/** A database of MLflow. @throws IMPORT_NOT_MLFLOW from the caller when `experiments` is missing */
export async function sqlSource(
  db: SourceDatabase,
  given: { readonly kind: 'SQLite' | 'PostgreSQL'; readonly address: string; readonly options: SourceOptions },
): Promise<MlflowSource | null> {
  const tables = await readTables(db);
  if (!tables.has('experiments') || !tables.has('runs')) return null;
  const { kind, address, options } = given;
  const artifacts = openArtifacts(options);
  return {
    ...{ kind, address },
    experiments: () => readExperiments(tables),
    runs: (experiment) => readRuns(tables, experiment, options),
    points: (run) => readPoints(tables, run.id, options),
    loggedModels: (experiment) => readLoggedModels(tables, experiment),
    registeredModels: () => readRegisteredModels(tables, options.onLeftOut),
    counts: (experiments) => countAll(tables, experiments),
    leftOut: () => countLeftOut(tables),
    artifacts: (owner) => artifacts(owner.uri),
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
}

async function readExperiments(tables: SqlTables): Promise<SourceExperiment[]> {
  const columns = [
    'experiment_id',
    'name',
    'artifact_location',
    'lifecycle_stage',
    'creation_time',
    'last_update_time',
  ];
  const where = `where 1 = 1 ${tables.inWorkspace('experiments')} order by experiment_id`;
  const rows = await tables.select('experiments', columns, where);
  const tags = Map.groupBy(await tables.select('experiment_tags', ['experiment_id', 'key', 'value']), (row) =>
    String(row['experiment_id']),
  );
  return rows.map((row) => ({
    source_id: String(row['experiment_id']),
    name: asText(row['name']),
    lifecycle: toLifecycle(row['lifecycle_stage']),
    artifact_location: asTextOrNull(row['artifact_location']),
    created_at: asNumber(row['creation_time']) ?? 0,
    updated_at: asNumber(row['last_update_time']) ?? asNumber(row['creation_time']) ?? 0,
    tags: toPairs(tags.get(String(row['experiment_id']))),
  }));
}

const RUN_COLUMNS = [
  'run_uuid',
  'name',
  'user_id',
  'status',
  'lifecycle_stage',
  'start_time',
  'end_time',
  'artifact_uri',
];

async function* readRuns(
  tables: SqlTables,
  experiment: string,
  { onLeftOut }: SourceOptions,
): AsyncGenerator<readonly SourceRun[]> {
  for (let after = ''; ; ) {
    const rest = `where experiment_id = ? and run_uuid > ? order by run_uuid limit ${RUNS_AT_ONCE}`;
    const rows = await tables.select('runs', RUN_COLUMNS, rest, [Number(experiment), after]);
    if (rows.length === 0) return;
    after = String(rows.at(-1)?.['run_uuid']);
    yield await completeRuns(tables, { experiment, rows, onLeftOut });
  }
}

async function completeRuns(
  tables: SqlTables,
  given: { readonly experiment: string; readonly rows: readonly SourceRow[]; readonly onLeftOut: OnLeftOut },
): Promise<SourceRun[]> {
  const { experiment, rows, onLeftOut } = given;
  const ids = rows.map((row) => String(row['run_uuid']));
  const params = await tables.selectOf('params', ['key', 'value'], 'run_uuid', ids);
  const tags = await tables.selectOf('tags', ['key', 'value'], 'run_uuid', ids);
  const inputs = await readInputs(tables, ids, onLeftOut);
  const links = await tables.selectOf(
    'inputs',
    ['source_type', 'destination_type', 'destination_id', 'step'],
    'source_id',
    ids,
  );
  return rows.map((row) => {
    const id = String(row['run_uuid']);
    const runTags = toPairs(tags.get(id));
    const models = (type: string) =>
      (links.get(id) ?? [])
        .filter((link) => link['destination_type'] === type)
        .map((link) => ({ model: String(link['destination_id']), step: Number(link['step'] ?? 0) }));
    return {
      ...{ id, experiment, params: toPairs(params.get(id)), tags: runTags },
      name: asText(row['name']) || (runTags.find(({ key }) => key === 'mlflow.runName')?.value ?? ''),
      user: asText(row['user_id']),
      status: toRunStatus(row['status']),
      lifecycle: toLifecycle(row['lifecycle_stage']),
      start_time: asNumber(row['start_time']),
      end_time: asNumber(row['end_time']),
      artifact_uri: asTextOrNull(row['artifact_uri']),
      inputs: inputs.get(id) ?? [],
      model_inputs: models('MODEL_INPUT').map(({ model }) => ({ model, step: 0 })),
      model_outputs: models('MODEL_OUTPUT'),
    };
  });
}

async function readInputs(
  tables: SqlTables,
  runs: readonly string[],
  onLeftOut: OnLeftOut,
): Promise<Map<string, SourceRun['inputs']>> {
  const links = [
    ...(await tables.selectOf('inputs', ['input_uuid', 'source_type', 'source_id'], 'destination_id', runs)).values(),
  ]
    .flat()
    .filter((row) => row['source_type'] === 'DATASET');
  const text = (name: string) => links.map((row) => String(row[name]));
  const columns = ['name', 'digest', 'dataset_source_type', 'dataset_source', 'dataset_schema', 'dataset_profile'];
  const datasets = await tables.selectOf('datasets', columns, 'dataset_uuid', [...new Set(text('source_id'))]);
  const tags = await tables.selectOf('input_tags', ['name', 'value'], 'input_uuid', text('input_uuid'));
  const found = new Map<string, SourceRun['inputs']>();
  for (const link of links) {
    const dataset = datasets.get(String(link['source_id']))?.[0];
    const run = String(link['destination_id']);
    if (!dataset) {
      onLeftOut(`link of run ${run} to a dataset that is not there: ${link['source_id']}`);
      continue;
    }
    const own = tags.get(String(link['input_uuid'])) ?? [];
    const input = {
      ...{ name: asText(dataset['name']), digest: asText(dataset['digest']) },
      ...{ source_type: asText(dataset['dataset_source_type']), source: asText(dataset['dataset_source']) },
      ...{ schema: asTextOrNull(dataset['dataset_schema']), profile: asTextOrNull(dataset['dataset_profile']) },
      tags: own.map((tag) => ({ key: asText(tag['name']), value: asText(tag['value']) })),
    };
    found.set(run, [...(found.get(run) ?? []), input]);
  }
  return found;
}

/** By metric, then in pages along the key of the table, so that a long history is never held at once. */
async function* readPoints(tables: SqlTables, run: string, { onProblem }: SourceOptions): AsyncGenerator<Series> {
  const keys = await tables.select('metrics', ['key'], 'where run_uuid = ? group by key', [run]);
  for (const key of keys.map((row) => String(row['key']))) {
    for await (const rows of readPages(tables, run, key)) {
      const points = rows.map(toPoint).filter(isKept);
      if (points.length < rows.length) {
        const what = `${rows.length - points.length} points of ${key} of run ${run}`;
        onProblem(what, 'their time or step is not below 2^53');
      }
      if (points.length > 0) yield { key, points };
    }
  }
}

async function* readPages(tables: SqlTables, run: string, key: string): AsyncGenerator<readonly SourceRow[]> {
  const columns = ['timestamp', 'step', 'value', 'is_nan'] as const;
  const order = `order by ${columns.join(', ')} limit ${POINTS_AT_ONCE}`;
  for (let after: readonly number[] | null = null; ; ) {
    const later = after === null ? '' : `and (${columns.join(', ')}) > (?, ?, ?, ?)`;
    const rest = `where run_uuid = ? and key = ? ${later} ${order}`;
    const rows = await tables.select('metrics', columns, rest, [run, key, ...(after ?? [])]);
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (!last || rows.length < POINTS_AT_ONCE) return;
    // The database compares them with its own values, of its own types.
    after = columns.map((name) => last[name]) as number[];
  }
}

function toPoint(row: SourceRow): Series['points'][number] {
  const value = isNan(row) ? Number.NaN : Number(row['value']);
  return { timestamp: Number(row['timestamp']), step: Number(row['step'] ?? 0), value };
}

function isKept({ timestamp, step }: Series['points'][number]): boolean {
  return Number.isSafeInteger(timestamp) && Number.isSafeInteger(step) && timestamp >= 0;
}

function isNan(row: SourceRow): boolean {
  return row['is_nan'] === true || row['is_nan'] === 1;
}

async function countAll(tables: SqlTables, experiments: readonly string[]): Promise<Record<string, number>> {
  const total: Record<string, number> = {};
  const add = (what: string, count: number) => {
    total[what] = (total[what] ?? 0) + count;
  };
  for (const id of experiments.map(Number)) {
    const ofRuns = 'where run_uuid in (select run_uuid from runs where experiment_id = ?)';
    add('experiments', 1);
    add('experiment tags', await tables.count('experiment_tags', 'where experiment_id = ?', [id]));
    add('runs', await tables.count('runs', 'where experiment_id = ?', [id]));
    add('params', await tables.count('params', ofRuns, [id]));
    add('tags', await tables.count('tags', ofRuns, [id]));
    add('metric points', await tables.count('metrics', ofRuns, [id]));
    add('logged models', await tables.count('logged_models', 'where experiment_id = ?', [id]));
    add('logged model params', await tables.count('logged_model_params', 'where experiment_id = ?', [id]));
    add('logged model tags', await tables.count('logged_model_tags', 'where experiment_id = ?', [id]));
  }
  return total;
}

const LEFT_OUT: Readonly<Record<string, string>> = {
  trace_info: 'traces',
  assessments: 'assessments of traces',
  evaluation_datasets: 'evaluation datasets',
  scorers: 'scorers',
  webhooks: 'webhooks (their secrets are encrypted)',
  endpoints: 'gateway endpoints',
  issues: 'issues',
  label_schemas: 'label schemas',
  review_queues: 'review queues',
  mcp_servers: 'MCP servers',
  users: 'users (make tokens: bucle tokens create NAME)',
};

async function countLeftOut(tables: SqlTables) {
  const found: { what: string; count: number }[] = [];
  for (const [table, what] of Object.entries(LEFT_OUT)) found.push({ what, count: await tables.count(table) });
  if (tables.inWorkspace('experiments') !== '') {
    const count = await tables.count('experiments', "where workspace <> 'default'");
    found.push({ what: 'experiments of other workspaces', count });
  }
  return found.filter(({ count }) => count > 0);
}

export function toPairs(rows: readonly SourceRow[] = []) {
  return rows.map((row) => ({ key: asText(row['key']), value: asText(row['value']) }));
}
