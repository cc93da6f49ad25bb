import type { Migration } from '../../../platform/db/database.ts';

export const registryMigrations: readonly Migration[] = [
  {
    name: '2026-11-24-registry-1',
    async up(db) {
      await db.schema
        .createTable('registered_models')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('description', 'text')
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('updated_at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('registered_models_key', ['workspace', 'name'])
        .execute();
      await db.schema
        .createTable('model_version_numbers')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('model', 'text', (column) => column.notNull())
        .addColumn('last', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('model_version_numbers_key', ['workspace', 'model'])
        .execute();
      await db.schema
        .createTable('model_versions')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('model', 'text', (column) => column.notNull())
        .addColumn('number', 'bigint', (column) => column.notNull())
        .addColumn('source', 'text', (column) => column.notNull())
        .addColumn('location', 'text', (column) => column.notNull())
        .addColumn('model_id', 'text')
        .addColumn('run', 'text')
        .addColumn('run_link', 'text')
        .addColumn('description', 'text')
        .addColumn('stage', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('created_by', 'text', (column) => column.notNull())
        .addColumn('updated_at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('model_versions_key', ['workspace', 'model', 'number'])
        .execute();
      await db.schema
        .createIndex('model_versions_of_logged_model')
        .on('model_versions')
        .columns(['workspace', 'model_id', 'model', 'number'])
        .execute();
      await db.schema
        .createIndex('model_versions_of_run')
        .on('model_versions')
        .columns(['workspace', 'run', 'model', 'number'])
        .execute();
      await db.schema
        .createIndex('model_versions_by_change')
        .on('model_versions')
        .columns(['workspace', 'updated_at', 'model', 'number'])
        .execute();
      await db.schema
        .createTable('registered_model_tags')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('model', 'text', (column) => column.notNull())
        .addColumn('key', 'text', (column) => column.notNull())
        .addColumn('value', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('registered_model_tags_key', ['workspace', 'model', 'key'])
        .execute();
      await db.schema
        .createTable('model_version_tags')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('model', 'text', (column) => column.notNull())
        .addColumn('number', 'bigint', (column) => column.notNull())
        .addColumn('key', 'text', (column) => column.notNull())
        .addColumn('value', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('model_version_tags_key', ['workspace', 'model', 'number', 'key'])
        .execute();
      await db.schema
        .createTable('model_aliases')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('model', 'text', (column) => column.notNull())
        .addColumn('alias', 'text', (column) => column.notNull())
        .addColumn('number', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('model_aliases_key', ['workspace', 'model', 'alias'])
        .execute();
    },
  },
  {
    name: '2026-11-24-registry-d-1',
    async up(db) {
      await db.schema
        .createTable('mlflow_webhooks')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('description', 'text')
        .addColumn('url', 'text', (column) => column.notNull())
        .addColumn('topics', 'text', (column) => column.notNull())
        .addColumn('secret', 'text')
        .addColumn('active', 'integer', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('updated_at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('mlflow_webhooks_key', ['workspace', 'id'])
        .execute();
      await db.schema
        .createTable('mlflow_webhook_deliveries')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('webhook', 'text', (column) => column.notNull())
        .addColumn('body', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('attempts', 'integer', (column) => column.notNull())
        .addColumn('next_at', 'bigint')
        .addColumn('status', 'integer')
        .addColumn('error', 'text')
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('finished_at', 'bigint')
        .addPrimaryKeyConstraint('mlflow_webhook_deliveries_key', ['workspace', 'id'])
        .execute();
      await db.schema
        .createIndex('mlflow_webhook_deliveries_of_webhook')
        .on('mlflow_webhook_deliveries')
        .columns(['workspace', 'webhook', 'finished_at'])
        .execute();
    },
  },
];
