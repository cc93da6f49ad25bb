import type { Migration } from '../../db/database.ts';

export const authMigrations: readonly Migration[] = [
  {
    name: '2026-11-24-auth-1',
    async up(db) {
      await db.schema
        .createTable('tokens')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('scopes', 'text', (column) => column.notNull())
        .addColumn('job_id', 'text')
        .addColumn('secret_hash', 'text', (column) => column.notNull().unique())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('expires_at', 'bigint')
        .addColumn('revoked_at', 'bigint')
        .execute();
      await db.schema.createIndex('tokens_by_job').on('tokens').column('job_id').execute();
      await db.schema
        .createIndex('tokens_live_name')
        .on('tokens')
        .columns(['workspace', 'kind', 'name'])
        .unique()
        .where((eb) => eb(eb.ref('revoked_at' as never), 'is', null))
        .execute();
    },
  },
];
