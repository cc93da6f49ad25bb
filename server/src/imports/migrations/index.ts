import type { Migration } from '../../platform/db/database.ts';

export const importMigrations: readonly Migration[] = [
  {
    name: '2026-11-24-imports-1',
    async up(db) {
      await db.schema
        .createTable('imports')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('store', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('address', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('created_by', 'text', (column) => column.notNull())
        .addColumn('updated_at', 'bigint', (column) => column.notNull())
        .addColumn('report', 'text')
        .addPrimaryKeyConstraint('imports_key', ['workspace', 'id'])
        .addUniqueConstraint('imports_store', ['workspace', 'store'])
        .execute();
      await db.schema
        .createTable('import_items')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('import', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('source_id', 'text', (column) => column.notNull())
        .addColumn('target_id', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('import_items_key', ['workspace', 'import', 'kind', 'source_id'])
        .execute();
      await db.schema
        .createTable('import_artifacts')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('import', 'text', (column) => column.notNull())
        .addColumn('owner', 'text', (column) => column.notNull())
        .addColumn('path', 'text', (column) => column.notNull())
        .addColumn('size', 'bigint', (column) => column.notNull())
        .addColumn('sha256', 'text', (column) => column.notNull())
        .addColumn('stamp', 'text', (column) => column.notNull())
        .addColumn('stored_at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('import_artifacts_key', ['workspace', 'import', 'owner', 'path'])
        .execute();
    },
  },
];
