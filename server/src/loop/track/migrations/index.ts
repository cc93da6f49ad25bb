import { type CreateTableBuilder, type Kysely, sql } from 'kysely';
import type { DialectName, Migration } from '../../../platform/db/database.ts';
import { signingKeyMigration } from '../multipart/migration.ts';
import { experimentNumberMigration } from './experiment-numbers.ts';
import { createMetricStorage } from './metric-storage.ts';
import { traceMigration } from './traces.ts';

export const trackMigrations: readonly Migration[] = [
  {
    name: '2026-11-24-track-1',
    async up(db, dialect) {
      await createExperiments(db, dialect);
      await createRuns(db, dialect);
      await createInputs(db, dialect);
      await createLoggedModels(db, dialect);
    },
  },
  { name: '2026-11-24-track-a-1', up: createMetricStorage },
  signingKeyMigration,
  experimentNumberMigration,
  traceMigration,
];

type Db = Kysely<unknown>;
type Table = CreateTableBuilder<string, string>;

async function createExperiments(db: Db, dialect: DialectName): Promise<void> {
  await table(db, 'experiments')
    .addColumn('id', 'bigint', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('artifact_location', 'text', (column) => column.notNull())
    .addColumn('lifecycle', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('experiments_key', ['workspace', 'id'])
    .addUniqueConstraint('experiments_name', ['workspace', 'name'])
    .execute();
  await pairs(db, dialect, 'experiment_tags', ['experiment', 'bigint']);
  const now = dialect === 'sqlite' ? sql`unixepoch() * 1000` : sql`floor(extract(epoch from now())) * 1000`;
  await sql`insert into experiments (workspace, id, name, artifact_location, lifecycle, created_at, updated_at)
    values ('default', 0, 'Default', 'mlflow-artifacts:/0', 'active', ${now}, ${now})`.execute(db);
}

async function createRuns(db: Db, dialect: DialectName): Promise<void> {
  await table(db, 'runs')
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('experiment', 'bigint', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('lifecycle', 'text', (column) => column.notNull())
    .addColumn('start_time', 'bigint')
    .addColumn('end_time', 'bigint')
    .addColumn('artifact_uri', 'text', (column) => column.notNull())
    .addColumn('job', 'text')
    .addPrimaryKeyConstraint('runs_key', ['workspace', 'id'])
    .execute();
  await db.schema
    .createIndex('runs_by_experiment')
    .on('runs')
    .columns(['workspace', 'experiment', 'lifecycle', 'start_time', 'id'])
    .execute();
  await pairs(db, dialect, 'run_tags', ['run', 'text']);
  await pairs(db, dialect, 'run_params', ['run', 'text']);
  const metrics = addPoint(table(db, 'run_metrics').addColumn('run', 'text', (column) => column.notNull()));
  await clustered(dialect, metrics.addPrimaryKeyConstraint('run_metrics_key', ['workspace', 'run', 'key'])).execute();
  const points = addPoint(table(db, 'run_points').addColumn('run', 'text', (column) => column.notNull()));
  // The order of the key is the order of the history, and a repeated point is the same row.
  const point = ['workspace', 'run', 'key', 'timestamp', 'step', 'value', 'is_nan'];
  await clustered(dialect, points.addPrimaryKeyConstraint('run_points_key', point)).execute();
}

async function createInputs(db: Db, dialect: DialectName): Promise<void> {
  await table(db, 'input_datasets')
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('experiment', 'bigint', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('source_type', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('schema', 'text')
    .addColumn('profile', 'text')
    .addPrimaryKeyConstraint('input_datasets_key', ['workspace', 'id'])
    .addUniqueConstraint('input_datasets_digest', ['workspace', 'experiment', 'name', 'digest'])
    .execute();
  const inputs = table(db, 'run_inputs')
    .addColumn('run', 'text', (column) => column.notNull())
    .addColumn('dataset', 'text', (column) => column.notNull())
    .addColumn('context', 'text')
    .addColumn('tags', 'text', (column) => column.notNull());
  await clustered(dialect, inputs.addPrimaryKeyConstraint('run_inputs_key', ['workspace', 'run', 'dataset'])).execute();
  const models = table(db, 'run_models')
    .addColumn('run', 'text', (column) => column.notNull())
    .addColumn('direction', 'text', (column) => column.notNull())
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('step', 'bigint', (column) => column.notNull());
  const key = ['workspace', 'run', 'direction', 'model'];
  await clustered(dialect, models.addPrimaryKeyConstraint('run_models_key', key)).execute();
}

async function createLoggedModels(db: Db, dialect: DialectName): Promise<void> {
  await table(db, 'logged_models')
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('experiment', 'bigint', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('model_type', 'text')
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('lifecycle', 'text', (column) => column.notNull())
    .addColumn('source_run', 'text')
    .addColumn('artifact_uri', 'text', (column) => column.notNull())
    .addColumn('golden_origin', 'text')
    .addColumn('golden_sha256', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('logged_models_key', ['workspace', 'id'])
    .execute();
  await db.schema
    .createIndex('logged_models_by_experiment')
    .on('logged_models')
    .columns(['workspace', 'experiment', 'lifecycle', 'created_at', 'id'])
    .execute();
  await db.schema
    .createIndex('logged_models_by_run')
    .on('logged_models')
    .columns(['workspace', 'source_run'])
    .execute();
  await pairs(db, dialect, 'logged_model_tags', ['model', 'text']);
  await pairs(db, dialect, 'logged_model_params', ['model', 'text']);
  const metrics = addPoint(
    table(db, 'logged_model_metrics')
      .addColumn('model', 'text', (column) => column.notNull())
      .addColumn('run', 'text', (column) => column.notNull())
      .addColumn('dataset_name', 'text', (column) => column.notNull())
      .addColumn('dataset_digest', 'text', (column) => column.notNull()),
  );
  const key = ['workspace', 'model', 'key', 'run', 'dataset_name', 'dataset_digest'];
  await clustered(dialect, metrics.addPrimaryKeyConstraint('logged_model_metrics_key', key)).execute();
}

function table(db: Db, name: string): Table {
  return db.schema.createTable(name).addColumn('workspace', 'text', (column) => column.notNull()) as Table;
}

function addPoint(builder: Table): Table {
  return builder
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('timestamp', 'bigint', (column) => column.notNull())
    .addColumn('step', 'bigint', (column) => column.notNull())
    .addColumn('value', 'double precision', (column) => column.notNull())
    .addColumn('is_nan', 'integer', (column) => column.notNull());
}

async function pairs(db: Db, dialect: DialectName, name: string, owner: readonly [string, 'text' | 'bigint']) {
  const builder = table(db, name)
    .addColumn(owner[0], owner[1], (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull());
  await clustered(dialect, builder.addPrimaryKeyConstraint(`${name}_key`, ['workspace', owner[0], 'key'])).execute();
}

/** On SQLite the rows lie in the order of their key, so that those of one run are neighbours. */
function clustered(dialect: DialectName, builder: Table): Table {
  return dialect === 'sqlite' ? builder.modifyEnd(sql`without rowid`) : builder;
}
