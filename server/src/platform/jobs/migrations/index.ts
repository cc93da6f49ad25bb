import { sql } from 'kysely';
import type { Migration } from '../../db/database.ts';

export const jobMigrations: readonly Migration[] = [
  {
    name: '2026-11-24-background-jobs-1',
    async up(db) {
      await db.schema
        .createTable('background_jobs')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('key', 'text')
        .addColumn('payload', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('run_at', 'bigint', (column) => column.notNull())
        .addColumn('attempt', 'integer', (column) => column.notNull())
        .addColumn('max_attempts', 'integer', (column) => column.notNull())
        .addColumn('epoch', 'integer', (column) => column.notNull())
        .addColumn('owner', 'text')
        .addColumn('lease_until', 'bigint')
        .addColumn('error', 'text')
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('finished_at', 'bigint')
        .execute();
      // Live rows only: claim, rescue and the unique key cost what is live, whatever the history.
      await sql`create unique index background_jobs_live_key on background_jobs (workspace, kind, key) where state in ('queued', 'running')`.execute(
        db,
      );
      await sql`create index background_jobs_due on background_jobs (kind, run_at) where state = 'queued'`.execute(db);
      await sql`create index background_jobs_leased on background_jobs (lease_until) where state = 'running'`.execute(
        db,
      );
    },
  },
  {
    name: '2026-11-24-background-jobs-2',
    async up(db) {
      await sql`create index background_jobs_dead on background_jobs (kind) where state = 'dead'`.execute(db);
    },
  },
];
