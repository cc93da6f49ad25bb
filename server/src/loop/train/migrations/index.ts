import { sql } from 'kysely';
import type { Migration } from '../../../platform/db/database.ts';

export const trainMigrations: readonly Migration[] = [
  {
    name: '2026-11-24-train-1',
    async up(db) {
      await db.schema
        .createTable('snapshot_files')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('sha256', 'text', (column) => column.notNull())
        .addColumn('size', 'bigint', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('snapshot_files_key', ['workspace', 'sha256'])
        .execute();
      await db.schema
        .createTable('snapshots')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('files', 'bigint', (column) => column.notNull())
        .addColumn('bytes', 'bigint', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('created_by', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('snapshots_key', ['workspace', 'id'])
        .execute();
      await db.schema
        .createTable('environments')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('lock_digest', 'text')
        .addColumn('python', 'text', (column) => column.notNull())
        .addColumn('platform', 'text', (column) => column.notNull())
        .addColumn('packages', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('environments_key', ['workspace', 'id'])
        .execute();
    },
  },
  {
    name: '2026-11-24-train-2',
    async up(db) {
      await db.schema
        .createTable('jobs')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('experiment', 'text', (column) => column.notNull())
        .addColumn('command', 'text', (column) => column.notNull())
        .addColumn('snapshot', 'text', (column) => column.notNull())
        .addColumn('requirements', 'text')
        .addColumn('inputs', 'text', (column) => column.notNull())
        .addColumn('git', 'text')
        .addColumn('retries', 'bigint', (column) => column.notNull())
        .addColumn('infra_retries', 'bigint', (column) => column.notNull())
        .addColumn('time_limit_ms', 'bigint')
        .addColumn('grace_ms', 'bigint', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('reason', 'text')
        .addColumn('cancel_requested_at', 'bigint')
        .addColumn('idempotency_key', 'text')
        .addColumn('request_hash', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('created_by', 'text', (column) => column.notNull())
        .addColumn('cause', 'text')
        .addColumn('finished_at', 'bigint')
        .addPrimaryKeyConstraint('jobs_key', ['workspace', 'id'])
        .addUniqueConstraint('jobs_idempotency', ['workspace', 'idempotency_key'])
        .execute();
      await db.schema.createIndex('jobs_by_state').on('jobs').columns(['workspace', 'state', 'id']).execute();
      await db.schema
        .createTable('attempts')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('job', 'text', (column) => column.notNull())
        .addColumn('number', 'bigint', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('run', 'text')
        .addColumn('host', 'text')
        .addColumn('environment', 'text')
        .addColumn('outcome', 'text')
        .addColumn('exit_code', 'bigint')
        .addColumn('signal', 'text')
        .addColumn('reason', 'text')
        .addColumn('golden', 'text')
        .addColumn('not_before', 'bigint', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('started_at', 'bigint')
        .addColumn('ended_at', 'bigint')
        .addColumn('log_bytes', 'bigint')
        .addPrimaryKeyConstraint('attempts_key', ['workspace', 'job', 'number'])
        .execute();
      // Live rows only: counting them costs what is live, whatever the history.
      await sql`create index attempts_live on attempts (workspace, host) where state in ('preparing', 'running')`.execute(
        db,
      );
      await db.schema
        .createIndex('attempts_by_run')
        .on('attempts')
        .columns(['workspace', 'run'])
        .unique()
        .where((eb) => eb(eb.ref('run' as never), 'is not', null))
        .execute();
    },
  },
  {
    name: '2026-11-24-train-3',
    async up(db) {
      await db.schema
        .createTable('job_templates')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('request', 'text', (column) => column.notNull())
        .addColumn('revision', 'bigint', (column) => column.notNull())
        .addColumn('changed_at', 'bigint', (column) => column.notNull())
        .addColumn('changed_by', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('job_templates_key', ['workspace', 'name'])
        .execute();
    },
  },
];
