import type { Migration } from '../../../platform/db/database.ts';

export const experimentNumberMigration: Migration = {
  name: '2026-11-24-track-i-1',
  async up(db) {
    await db.schema
      .createTable('experiment_numbers')
      .addColumn('workspace', 'text', (column) => column.primaryKey())
      .addColumn('last', 'bigint', (column) => column.notNull())
      .execute();
  },
};
