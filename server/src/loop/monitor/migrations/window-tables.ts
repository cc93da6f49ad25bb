import { type Kysely, sql } from 'kysely';
import type { Migration } from '../../../platform/db/database.ts';

/** Monitors, what waits to be counted, windows with their profiles and results, references and alerts. */
export const windowTables: Migration = {
  name: '2026-11-24-monitor-1',
  async up(db) {
    await monitorTables(db);
    await profileTables(db);
    await referenceTables(db);
    await alertTables(db);
  },
};

async function monitorTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('monitors')
    .addColumn('workspace', 'text', (column) => column.notNull())
    .addColumn('endpoint', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('declaration', 'text', (column) => column.notNull())
    .addColumn('binnings', 'text')
    .addColumn('watermark', 'bigint')
    .addColumn('closed_until', 'bigint')
    .addColumn('implausible', 'bigint', (column) => column.notNull())
    .addColumn('late', 'bigint', (column) => column.notNull())
    .addColumn('problem', 'text')
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
    .addColumn('changed_by', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('monitors_key', ['workspace', 'endpoint'])
    .execute();
  await db.schema
    .createTable('monitor_inbox')
    .addColumn('workspace', 'text', (column) => column.notNull())
    .addColumn('endpoint', 'text', (column) => column.notNull())
    .addColumn('log', 'text', (column) => column.notNull())
    .addColumn('first_offset', 'bigint', (column) => column.notNull())
    .addColumn('captures', 'bigint', (column) => column.notNull())
    .addColumn('indexed_at', 'bigint')
    .addColumn('folded_at', 'bigint')
    .addPrimaryKeyConstraint('monitor_inbox_key', ['workspace', 'endpoint', 'log', 'first_offset'])
    .execute();
  await sql`create index monitor_inbox_waiting on monitor_inbox (workspace, endpoint, log, first_offset)
    where folded_at is null`.execute(db);
}

async function profileTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('monitor_windows')
    .addColumn('workspace', 'text', (column) => column.notNull())
    .addColumn('endpoint', 'text', (column) => column.notNull())
    .addColumn('start', 'bigint', (column) => column.notNull())
    .addColumn('end_time', 'bigint', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('row_count', 'bigint', (column) => column.notNull())
    .addColumn('late', 'bigint', (column) => column.notNull())
    .addColumn('version', 'text')
    .addColumn('alarms', 'text', (column) => column.notNull())
    .addColumn('note', 'text')
    .addColumn('closed_at', 'bigint')
    .addPrimaryKeyConstraint('monitor_windows_key', ['workspace', 'endpoint', 'start'])
    .execute();
  await db.schema
    .createTable('monitor_profiles')
    .addColumn('workspace', 'text', (column) => column.notNull())
    .addColumn('endpoint', 'text', (column) => column.notNull())
    .addColumn('start', 'bigint', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('profile', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('monitor_profiles_key', ['workspace', 'endpoint', 'start', 'version'])
    .execute();
  await db.schema
    .createTable('monitor_results')
    .addColumn('workspace', 'text', (column) => column.notNull())
    .addColumn('endpoint', 'text', (column) => column.notNull())
    .addColumn('start', 'bigint', (column) => column.notNull())
    .addColumn('signal', 'text', (column) => column.notNull())
    .addColumn('feature', 'text', (column) => column.notNull())
    .addColumn('test', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('p_value', 'double precision')
    .addColumn('alpha', 'double precision')
    .addColumn('effect', 'double precision')
    .addColumn('n', 'bigint', (column) => column.notNull())
    .addColumn('m', 'bigint', (column) => column.notNull())
    .addColumn('bins', 'integer')
    .addColumn('method', 'text', (column) => column.notNull())
    .addColumn('detail', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('monitor_results_key', ['workspace', 'endpoint', 'start', 'signal', 'feature', 'test'])
    .execute();
}

async function referenceTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('monitor_references')
    .addColumn('workspace', 'text', (column) => column.notNull())
    .addColumn('endpoint', 'text', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('features_from', 'text')
    .addColumn('prediction_from', 'text')
    .addColumn('own_from', 'bigint')
    .addColumn('notes', 'text', (column) => column.notNull())
    .addColumn('built_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('monitor_references_key', ['workspace', 'endpoint', 'version'])
    .execute();
  await db.schema
    .createTable('monitor_reference_windows')
    .addColumn('workspace', 'text', (column) => column.notNull())
    .addColumn('endpoint', 'text', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('part', 'text', (column) => column.notNull())
    .addColumn('start', 'bigint', (column) => column.notNull())
    .addColumn('profile', 'text', (column) => column.notNull())
    .addColumn('quality', 'text')
    .addPrimaryKeyConstraint('monitor_reference_windows_key', ['workspace', 'endpoint', 'version', 'part', 'start'])
    .execute();
  await db.schema
    .createTable('monitor_new_normals')
    .addColumn('workspace', 'text', (column) => column.notNull())
    .addColumn('endpoint', 'text', (column) => column.notNull())
    .addColumn('signal', 'text', (column) => column.notNull())
    .addColumn('feature', 'text', (column) => column.notNull())
    .addColumn('own_from', 'bigint', (column) => column.notNull())
    .addColumn('alert', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('monitor_new_normals_key', ['workspace', 'endpoint', 'signal', 'feature'])
    .execute();
}

async function alertTables(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('monitor_alerts')
    .addColumn('workspace', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('endpoint', 'text', (column) => column.notNull())
    .addColumn('signal', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('features', 'text', (column) => column.notNull())
    .addColumn('version', 'text')
    .addColumn('summary', 'text', (column) => column.notNull())
    .addColumn('first_window', 'bigint', (column) => column.notNull())
    .addColumn('last_window', 'bigint', (column) => column.notNull())
    .addColumn('event', 'text', (column) => column.notNull())
    .addColumn('opened_at', 'bigint', (column) => column.notNull())
    .addColumn('ended_window', 'bigint')
    .addColumn('ended_at', 'bigint')
    .addColumn('ended_by', 'text')
    .addColumn('reason', 'text')
    .addPrimaryKeyConstraint('monitor_alerts_key', ['workspace', 'id'])
    .execute();
  await sql`create unique index monitor_alerts_open on monitor_alerts (workspace, endpoint, signal)
    where state = 'open'`.execute(db);
  await db.schema
    .createIndex('monitor_alerts_by_time')
    .on('monitor_alerts')
    .columns(['workspace', 'endpoint', 'first_window'])
    .execute();
}
