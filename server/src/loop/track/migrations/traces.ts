import { type CreateTableBuilder, type Kysely, sql } from 'kysely';
import type { DialectName, Migration } from '../../../platform/db/database.ts';
import { COST_KEYS, TOKEN_KEYS } from '../traces/token-usage.ts';

export const traceMigration: Migration = {
  name: '2026-11-24-track-f-1',
  async up(db, dialect) {
    await createTraces(db);
    await createSpans(db);
    for (const name of ['trace_tags', 'trace_metadata']) await createPairs(db, dialect, name);
    await createAssessments(db, dialect);
    await createLinks(db, dialect);
  },
};

type Db = Kysely<unknown>;
type Table = CreateTableBuilder<string, string>;

async function createTraces(db: Db): Promise<void> {
  let traces = table(db, 'traces')
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('experiment', 'bigint', (column) => column.notNull())
    .addColumn('timestamp_ms', 'bigint', (column) => column.notNull())
    .addColumn('execution_ms', 'bigint')
    .addColumn('state', 'text', (column) => column.notNull());
  for (const name of ['name', 'session', 'client_request_id', 'request_preview', 'response_preview', 'job']) {
    traces = traces.addColumn(name, 'text');
  }
  for (const key of TOKEN_KEYS) traces = traces.addColumn(key, 'bigint');
  for (const key of COST_KEYS) traces = traces.addColumn(key, 'double precision');
  await traces
    .addColumn('finalized', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('traces_key', ['workspace', 'id'])
    .execute();
  await db.schema
    .createIndex('traces_by_experiment')
    .on('traces')
    .columns(['workspace', 'experiment', 'timestamp_ms desc', 'id'])
    .execute();
  await db.schema
    .createIndex('traces_by_session')
    .on('traces')
    .columns(['workspace', 'experiment', 'session'])
    .execute();
}

async function createSpans(db: Db): Promise<void> {
  let spans = table(db, 'trace_spans')
    .addColumn('trace', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('parent', 'text')
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('start_us', 'bigint', (column) => column.notNull())
    .addColumn('end_us', 'bigint')
    .addColumn('model_name', 'text')
    .addColumn('model_provider', 'text');
  for (const key of COST_KEYS) spans = spans.addColumn(key, 'double precision');
  // Last, so that a scan over the others does not read it.
  await spans
    .addColumn('content', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('trace_spans_key', ['workspace', 'trace', 'id'])
    .execute();
}

async function createAssessments(db: Db, dialect: DialectName): Promise<void> {
  const assessments = table(db, 'trace_assessments')
    .addColumn('trace', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('error', 'text')
    .addColumn('source_type', 'text', (column) => column.notNull())
    .addColumn('source_id', 'text')
    .addColumn('run', 'text')
    .addColumn('span', 'text')
    .addColumn('rationale', 'text')
    .addColumn('metadata', 'text')
    .addColumn('overrides', 'text')
    .addColumn('valid', 'integer', (column) => column.notNull())
    .addColumn('aggregate', 'double precision')
    .addColumn('is_number', 'integer', (column) => column.notNull())
    .addColumn('of_session', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull());
  const key = ['workspace', 'trace', 'id'];
  await clustered(dialect, assessments.addPrimaryKeyConstraint('trace_assessments_key', key)).execute();
}

async function createLinks(db: Db, dialect: DialectName): Promise<void> {
  const links = table(db, 'trace_links')
    .addColumn('trace', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('target', 'text', (column) => column.notNull());
  const key = ['workspace', 'trace', 'kind', 'target'];
  await clustered(dialect, links.addPrimaryKeyConstraint('trace_links_key', key)).execute();
  await db.schema
    .createIndex('trace_links_by_target')
    .on('trace_links')
    .columns(['workspace', 'kind', 'target', 'trace'])
    .execute();
}

async function createPairs(db: Db, dialect: DialectName, name: string): Promise<void> {
  const pairs = table(db, name)
    .addColumn('trace', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull());
  await clustered(dialect, pairs.addPrimaryKeyConstraint(`${name}_key`, ['workspace', 'trace', 'key'])).execute();
}

function table(db: Db, name: string): Table {
  return db.schema.createTable(name).addColumn('workspace', 'text', (column) => column.notNull()) as Table;
}

/** On SQLite the rows lie in the order of their key, so that those of one trace are neighbours. */
function clustered(dialect: DialectName, builder: Table): Table {
  return dialect === 'sqlite' ? builder.modifyEnd(sql`without rowid`) : builder;
}
