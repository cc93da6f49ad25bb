import type { Migration } from '../../../platform/db/database.ts';

export const signingKeyMigration: Migration = {
  name: '2026-11-24-track-e-1',
  async up(db) {
    await db.schema
      .createTable('signing_keys')
      .addColumn('workspace', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('secret', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('signing_keys_key', ['workspace', 'name'])
      .execute();
  },
};
