import { type Kysely, sql } from 'kysely';

/** Bytes for the disk budget; event times of one endpoint's part, so that a window finds its batches. */
export async function addBatchColumns(db: Kysely<unknown>): Promise<void> {
  for (const [table, column] of [
    ['capture_batches', 'bytes'],
    ['capture_batch_endpoints', 'min_event_time'],
    ['capture_batch_endpoints', 'max_event_time'],
  ] as const) {
    await db.schema
      .alterTable(table)
      .addColumn(column, 'bigint', (definition) => definition.notNull().defaultTo(0))
      .execute();
  }
  for (const column of ['min_event_time', 'max_event_time']) {
    await sql`update capture_batch_endpoints set ${sql.ref(column)} = (
      select b.${sql.ref(column)} from capture_batches b
      where b.workspace = capture_batch_endpoints.workspace and b.log = capture_batch_endpoints.log
        and b.first_offset = capture_batch_endpoints.first_offset)`.execute(db);
  }
}

export async function addBatchIndexes(db: Kysely<unknown>): Promise<void> {
  const indexes = [
    ['capture_batches_by_age', 'capture_batches', ['workspace', 'recorded_at', 'log', 'first_offset']],
    ['capture_batches_by_blob', 'capture_batches', ['workspace', 'blob']],
    ['capture_batch_endpoints_by_batch', 'capture_batch_endpoints', ['workspace', 'log', 'first_offset']],
    [
      'capture_batch_endpoints_by_time',
      'capture_batch_endpoints',
      ['workspace', 'endpoint', 'max_event_time', 'log', 'first_offset'],
    ],
  ] as const;
  for (const [name, table, columns] of indexes) {
    await db.schema
      .createIndex(name)
      .on(table)
      .columns([...columns])
      .execute();
  }
}

export async function createRemovalTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('capture_removals')
    .addColumn('workspace', 'text', (column) => column.notNull())
    .addColumn('endpoint', 'text', (column) => column.notNull())
    .addColumn('expired', 'bigint', (column) => column.notNull())
    .addColumn('expired_before', 'bigint')
    .addColumn('erased', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('capture_removals_key', ['workspace', 'endpoint'])
    .execute();
  await db.schema
    .createTable('capture_doomed_blobs')
    .addColumn('workspace', 'text', (column) => column.notNull())
    .addColumn('blob', 'text', (column) => column.notNull())
    .addColumn('doomed_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('capture_doomed_blobs_key', ['workspace', 'blob'])
    .execute();
  await db.schema
    .createTable('capture_sweeps')
    .addColumn('workspace', 'text', (column) => column.notNull())
    .addColumn('folder', 'text', (column) => column.notNull())
    .addColumn('swept_up_to', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('capture_sweeps_key', ['workspace', 'folder'])
    .execute();
  await db.schema
    .createTable('capture_erasures')
    .addColumn('workspace', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('endpoint', 'text', (column) => column.notNull())
    .addColumn('key_sha256', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('event', 'text', (column) => column.notNull())
    .addColumn('requested_at', 'bigint', (column) => column.notNull())
    .addColumn('finished_at', 'bigint')
    .addColumn('batches', 'bigint', (column) => column.notNull())
    .addColumn('predictions', 'bigint', (column) => column.notNull())
    .addColumn('position', 'text')
    .addColumn('dataset_versions', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('capture_erasures_key', ['workspace', 'id'])
    .execute();
  await db.schema
    .createIndex('capture_erasures_by_key')
    .on('capture_erasures')
    .columns(['workspace', 'endpoint', 'key_sha256', 'requested_at'])
    .execute();
}
