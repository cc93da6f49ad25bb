import { sql } from 'kysely';
import type { Migration } from '../../../platform/db/database.ts';

/** Predictions, their labels, and the quality of windows. */
export const labelTables: Migration = {
  name: '2026-11-24-monitor-2',
  async up(db, dialect) {
    await db.schema
      .createTable('monitor_predictions')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('row_index', 'integer', (column) => column.notNull())
      .addColumn('row_count', 'integer', (column) => column.notNull())
      .addColumn('endpoint', 'text', (column) => column.notNull())
      .addColumn('event_time', 'bigint', (column) => column.notNull())
      .addColumn('recorded_at', 'bigint', (column) => column.notNull())
      .addColumn('version', 'text', (column) => column.notNull())
      .addColumn('deployment', 'text', (column) => column.notNull())
      .addColumn('key', 'text')
      .addColumn('score', 'double precision')
      .addColumn('class', 'text')
      .addColumn('label', 'text')
      .addColumn('censored', 'text')
      .addColumn('label_time', 'bigint')
      .addColumn('labelled_at', 'bigint')
      .addColumn('label_order', 'bigint')
      .addPrimaryKeyConstraint('monitor_predictions_key', ['workspace', 'id', 'row_index'])
      .execute();
    await db.schema
      .createIndex('monitor_predictions_by_time')
      .on('monitor_predictions')
      .columns(['workspace', 'endpoint', 'event_time'])
      .execute();
    await sql`create index monitor_predictions_by_key on monitor_predictions (workspace, endpoint, key, event_time)
      where key is not null`.execute(db);
    const seq =
      dialect === 'postgres' ? 'bigint generated always as identity primary key' : 'integer primary key autoincrement';
    await sql`create table monitor_labels (
      seq ${sql.raw(seq)},
      workspace text not null,
      endpoint text not null,
      prediction_id text,
      row_index integer,
      label_key text,
      key_sha256 text,
      about_time bigint,
      value text,
      censored text,
      label_time bigint not null,
      received_at bigint not null,
      joined_at bigint,
      source text not null
    )`.execute(db);
    await db.schema
      .createIndex('monitor_labels_by_prediction')
      .on('monitor_labels')
      .columns(['workspace', 'prediction_id', 'row_index'])
      .execute();
    await sql`create index monitor_labels_by_key on monitor_labels (workspace, endpoint, label_key)
      where label_key is not null`.execute(db);
    await sql`create index monitor_labels_by_key_hash on monitor_labels (workspace, endpoint, key_sha256)
      where key_sha256 is not null`.execute(db);
    await sql`create index monitor_labels_waiting on monitor_labels (workspace, endpoint, prediction_id, label_key)
      where joined_at is null`.execute(db);
    await db.schema
      .createTable('monitor_erased_predictions')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .addColumn('row_index', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('monitor_erased_predictions_key', ['workspace', 'id', 'row_index'])
      .execute();
    await db.schema
      .createTable('monitor_label_counts')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('endpoint', 'text', (column) => column.notNull())
      .addColumn('outcome', 'text', (column) => column.notNull())
      .addColumn('labels', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('monitor_label_counts_key', ['workspace', 'endpoint', 'outcome'])
      .execute();
    await db.schema
      .createTable('monitor_label_batches')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('endpoint', 'text', (column) => column.notNull())
      .addColumn('key', 'text', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('lines', 'bigint', (column) => column.notNull())
      .addColumn('receipt', 'text', (column) => column.notNull())
      .addColumn('started_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('monitor_label_batches_key', ['workspace', 'endpoint', 'key'])
      .execute();
    await db.schema
      .createTable('monitor_quality')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('endpoint', 'text', (column) => column.notNull())
      .addColumn('window_start', 'bigint', (column) => column.notNull())
      .addColumn('window_end', 'bigint', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('revision', 'integer', (column) => column.notNull())
      .addColumn('changes', 'bigint', (column) => column.notNull())
      .addColumn('computed_changes', 'bigint', (column) => column.notNull())
      .addColumn('not_before', 'bigint', (column) => column.notNull())
      .addColumn('quality', 'text')
      .addColumn('computed_at', 'bigint')
      .addColumn('matured_at', 'bigint')
      .addPrimaryKeyConstraint('monitor_quality_key', ['workspace', 'endpoint', 'window_start'])
      .execute();
  },
};
