import type { Migration } from '../../../platform/db/database.ts';
import { addBatchColumns, addBatchIndexes, createRemovalTables } from './removals.ts';

export const serveMigrations: readonly Migration[] = [
  {
    name: '2026-11-24-serve-1',
    async up(db) {
      await db.schema
        .createTable('capture_logs')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('gateway', 'text', (column) => column.notNull())
        .addColumn('next_offset', 'bigint', (column) => column.notNull())
        .addColumn('seen_at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('capture_logs_key', ['workspace', 'id'])
        .execute();
      await db.schema
        .createTable('capture_batches')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('log', 'text', (column) => column.notNull())
        .addColumn('first_offset', 'bigint', (column) => column.notNull())
        .addColumn('last_offset', 'bigint', (column) => column.notNull())
        .addColumn('min_id', 'text', (column) => column.notNull())
        .addColumn('max_id', 'text', (column) => column.notNull())
        .addColumn('min_event_time', 'bigint', (column) => column.notNull())
        .addColumn('max_event_time', 'bigint', (column) => column.notNull())
        .addColumn('blob', 'text', (column) => column.notNull())
        .addColumn('recorded_at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('capture_batches_key', ['workspace', 'log', 'first_offset'])
        .execute();
      await db.schema
        .createIndex('capture_batches_by_id')
        .on('capture_batches')
        .columns(['workspace', 'max_id', 'min_id'])
        .execute();
      await db.schema
        .createTable('capture_batch_endpoints')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('endpoint', 'text', (column) => column.notNull())
        .addColumn('max_id', 'text', (column) => column.notNull())
        .addColumn('min_id', 'text', (column) => column.notNull())
        .addColumn('captures', 'bigint', (column) => column.notNull())
        .addColumn('log', 'text', (column) => column.notNull())
        .addColumn('first_offset', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('capture_batch_endpoints_key', [
          'workspace',
          'endpoint',
          'max_id',
          'log',
          'first_offset',
        ])
        .execute();
      await db.schema
        .createTable('capture_counts')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('endpoint', 'text', (column) => column.notNull())
        .addColumn('deployment', 'text', (column) => column.notNull())
        .addColumn('captured', 'bigint', (column) => column.notNull())
        .addColumn('row_count', 'bigint', (column) => column.notNull())
        .addColumn('last_received_at', 'bigint', (column) => column.notNull())
        .addColumn('last_event_time', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('capture_counts_key', ['workspace', 'endpoint', 'deployment'])
        .execute();
      await db.schema
        .createTable('capture_losses')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('endpoint', 'text', (column) => column.notNull())
        .addColumn('deployment', 'text', (column) => column.notNull())
        .addColumn('log', 'text', (column) => column.notNull())
        .addColumn('lost', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('capture_losses_key', ['workspace', 'endpoint', 'deployment', 'log'])
        .execute();
    },
  },
  {
    name: '2026-11-24-serve-2',
    async up(db) {
      await addBatchColumns(db);
      await addBatchIndexes(db);
      await createRemovalTables(db);
    },
  },
];
