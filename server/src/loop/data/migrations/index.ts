import type { Migration } from '../../../platform/db/database.ts';

export const dataMigrations: readonly Migration[] = [
  {
    name: '2026-11-24-data-1',
    async up(db) {
      await db.schema
        .createTable('packs')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('chunks', 'bigint', (column) => column.notNull())
        .addColumn('bytes', 'bigint', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('chunks')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('hash', 'text', (column) => column.notNull())
        .addColumn('pack', 'text', (column) => column.notNull().references('packs.id'))
        .addColumn('at', 'bigint', (column) => column.notNull())
        .addColumn('stored', 'bigint', (column) => column.notNull())
        .addColumn('length', 'bigint', (column) => column.notNull())
        .addColumn('codec', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('chunks_key', ['workspace', 'hash'])
        .execute();
    },
  },
  {
    name: '2026-11-24-data-2',
    async up(db) {
      await db.schema
        .createTable('datasets')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('created_by', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('datasets_key', ['workspace', 'name'])
        .execute();
      await db.schema
        .createTable('dataset_profiles')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('manifest', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('reason', 'text')
        .addColumn('row_count', 'bigint')
        .addColumn('profile', 'text')
        .addPrimaryKeyConstraint('dataset_profiles_key', ['workspace', 'manifest'])
        .execute();
      await db.schema
        .createTable('dataset_versions')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('dataset', 'text', (column) => column.notNull())
        .addColumn('number', 'bigint', (column) => column.notNull())
        .addColumn('manifest', 'text', (column) => column.notNull())
        .addColumn('files', 'bigint', (column) => column.notNull())
        .addColumn('bytes', 'bigint', (column) => column.notNull())
        .addColumn('message', 'text')
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('created_by', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('dataset_versions_key', ['workspace', 'dataset', 'number'])
        .addUniqueConstraint('dataset_versions_manifest', ['workspace', 'dataset', 'manifest'])
        .execute();
      await db.schema
        .createIndex('dataset_versions_by_manifest')
        .on('dataset_versions')
        .columns(['workspace', 'manifest'])
        .execute();
    },
  },
  {
    name: '2026-11-24-data-3',
    async up(db) {
      await db.schema
        .createTable('dataset_declarations')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('dataset', 'text', (column) => column.notNull())
        .addColumn('label', 'text')
        .addColumn('event_time', 'text')
        .addColumn('key_column', 'text')
        .addColumn('description', 'text')
        .addColumn('changed_at', 'bigint', (column) => column.notNull())
        .addColumn('changed_by', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('dataset_declarations_key', ['workspace', 'dataset'])
        .execute();
    },
  },
];
