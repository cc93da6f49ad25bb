import type { Migration } from '../../platform/db/database.ts';

export const projectMigrations: readonly Migration[] = [
  {
    name: '2026-11-24-project-1',
    async up(db) {
      await db.schema
        .createTable('project_objects')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('project', 'text', (column) => column.notNull())
        .addColumn('made', 'bigint', (column) => column.notNull())
        .addColumn('applied', 'text')
        .addColumn('applied_at', 'bigint', (column) => column.notNull())
        .addColumn('applied_by', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('project_objects_key', ['workspace', 'kind', 'name'])
        .execute();
    },
  },
];
