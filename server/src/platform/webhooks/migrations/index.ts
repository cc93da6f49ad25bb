import type { Migration } from '../../db/database.ts';

export const webhookMigrations: readonly Migration[] = [
  {
    name: '2026-11-24-webhooks-1',
    async up(db) {
      await db.schema
        .createTable('webhooks')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('url', 'text', (column) => column.notNull())
        .addColumn('events', 'text', (column) => column.notNull())
        .addColumn('secret', 'text', (column) => column.notNull())
        .addColumn('active', 'integer', (column) => column.notNull())
        .addColumn('after_seq', 'bigint', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('created_by', 'text', (column) => column.notNull())
        .addUniqueConstraint('webhooks_name', ['workspace', 'name'])
        .execute();
      await db.schema
        .createTable('webhook_deliveries')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('webhook', 'text', (column) => column.notNull())
        .addColumn('event', 'text', (column) => column.notNull())
        .addColumn('type', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('round', 'integer', (column) => column.notNull())
        .addColumn('attempts', 'integer', (column) => column.notNull())
        .addColumn('next_at', 'bigint')
        .addColumn('status', 'integer')
        .addColumn('error', 'text')
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('finished_at', 'bigint')
        .addUniqueConstraint('webhook_deliveries_event', ['workspace', 'webhook', 'event'])
        .execute();
      await db.schema
        .createIndex('webhook_deliveries_by_state')
        .on('webhook_deliveries')
        .columns(['webhook', 'state', 'id'])
        .execute();
      await db.schema
        .createIndex('webhook_deliveries_by_id')
        .on('webhook_deliveries')
        .columns(['webhook', 'id'])
        .execute();
    },
  },
];
