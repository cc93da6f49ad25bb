import type { Migration } from '../../../platform/db/database.ts';

export const deployMigrations: readonly Migration[] = [
  {
    name: '2026-11-24-deploy-1',
    async up(db) {
      await db.schema
        .createTable('endpoints')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('prediction', 'text')
        .addColumn('event_time', 'text', (column) => column.notNull())
        .addColumn('key_feature', 'text')
        .addColumn('timeout_ms', 'bigint')
        .addColumn('workers', 'bigint')
        .addColumn('traffic', 'text', (column) => column.notNull())
        .addColumn('traffic_decided_at', 'bigint', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('created_by', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('endpoints_key', ['workspace', 'name'])
        .execute();
      await db.schema
        .createTable('deployments')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('endpoint', 'text', (column) => column.notNull())
        .addColumn('model_name', 'text', (column) => column.notNull())
        .addColumn('model_version', 'bigint', (column) => column.notNull())
        .addColumn('model_id', 'text', (column) => column.notNull())
        .addColumn('run', 'text')
        .addColumn('engine', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('progress', 'text')
        .addColumn('failed_step', 'text')
        .addColumn('reason', 'text')
        .addColumn('next_step', 'text')
        .addColumn('wanted_traffic', 'double precision')
        .addColumn('model_digest', 'text')
        .addColumn('model_files', 'text')
        .addColumn('golden', 'text')
        .addColumn('onnx_files', 'text')
        .addColumn('conversion_reason', 'text')
        .addColumn('serving_engine', 'text')
        .addColumn('serving_reason', 'text')
        .addColumn('parity', 'text')
        .addColumn('onnx_parity', 'text')
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('created_by', 'text', (column) => column.notNull())
        .addColumn('changed_at', 'bigint', (column) => column.notNull())
        .addColumn('ready_at', 'bigint')
        .addColumn('lost_traffic_at', 'bigint')
        .addPrimaryKeyConstraint('deployments_key', ['workspace', 'id'])
        .execute();
      await db.schema
        .createIndex('deployments_of_endpoint')
        .on('deployments')
        .columns(['workspace', 'endpoint', 'id'])
        .execute();
      await db.schema
        .createIndex('deployments_of_version')
        .on('deployments')
        .columns(['workspace', 'model_name', 'model_version'])
        .execute();
    },
  },
  {
    name: '2026-11-24-deploy-2',
    async up(db) {
      await db.schema
        .createTable('conversions')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('model_digest', 'text', (column) => column.notNull())
        .addColumn('converter', 'text', (column) => column.notNull())
        .addColumn('files', 'text')
        .addColumn('reason', 'text')
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('conversions_key', ['workspace', 'model_digest', 'converter'])
        .execute();
      await db.schema
        .createTable('desired_states')
        .addColumn('workspace', 'text', (column) => column.primaryKey())
        .addColumn('revision', 'bigint', (column) => column.notNull())
        .addColumn('tokens_digest', 'text', (column) => column.notNull())
        .addColumn('content', 'text', (column) => column.notNull())
        .addColumn('changed_at', 'bigint', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('gateways')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('url', 'text', (column) => column.notNull())
        .addColumn('revision', 'bigint', (column) => column.notNull())
        .addColumn('observations', 'text', (column) => column.notNull())
        .addColumn('seen_at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('gateways_key', ['workspace', 'id'])
        .execute();
    },
  },
];
