import type { Migration } from '../../../platform/db/database.ts';

export const evaluateMigrations: readonly Migration[] = [
  {
    name: '2026-11-24-evaluate-1',
    async up(db) {
      await db.schema
        .createTable('gates')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('gate', 'text', (column) => column.notNull())
        .addColumn('revision', 'bigint', (column) => column.notNull())
        .addColumn('changed_at', 'bigint', (column) => column.notNull())
        .addColumn('changed_by', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('gates_key', ['workspace', 'name'])
        .execute();
      await db.schema
        .createTable('decisions')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('request_key', 'text')
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('verdict', 'text')
        .addColumn('headline', 'text', (column) => column.notNull())
        .addColumn('reasons', 'text', (column) => column.notNull())
        .addColumn('evidence', 'text')
        .addColumn('subject', 'text', (column) => column.notNull())
        .addColumn('candidate', 'text', (column) => column.notNull())
        .addColumn('champion', 'text')
        .addColumn('dataset', 'text')
        .addColumn('meaning', 'text')
        .addColumn('columns', 'text')
        .addColumn('gate', 'text')
        .addColumn('progress', 'text')
        .addColumn('actor', 'text', (column) => column.notNull())
        .addColumn('cause', 'text')
        .addColumn('event', 'text')
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('made_at', 'bigint')
        .addPrimaryKeyConstraint('decisions_pkey', ['workspace', 'id'])
        .addUniqueConstraint('decisions_request', ['workspace', 'request_key'])
        .execute();
      await db.schema
        .createIndex('decisions_by_subject')
        .on('decisions')
        .columns(['workspace', 'subject', 'id'])
        .execute();
    },
  },
];
