import { sql } from 'kysely';
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
  {
    name: '2026-11-24-deploy-3',
    async up(db) {
      await db.schema.alterTable('endpoints').addColumn('stable', 'text').execute();
      await db.schema.alterTable('deployments').addColumn('ground', 'text').execute();
      await db.schema
        .createTable('rollouts')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('endpoint', 'text', (column) => column.notNull())
        .addColumn('request_key', 'text', (column) => column.notNull())
        .addColumn('candidate', 'text', (column) => column.notNull())
        .addColumn('version', 'text', (column) => column.notNull())
        .addColumn('previous', 'text')
        .addColumn('decision', 'text', (column) => column.notNull())
        .addColumn('plan', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('step', 'bigint', (column) => column.notNull())
        .addColumn('before', 'text', (column) => column.notNull())
        .addColumn('held_kind', 'text')
        .addColumn('held', 'text')
        .addColumn('waived', 'text', (column) => column.notNull())
        .addColumn('evidence', 'text', (column) => column.notNull())
        .addColumn('seen', 'text', (column) => column.notNull())
        .addColumn('reason', 'text')
        .addColumn('revision', 'bigint', (column) => column.notNull())
        .addColumn('last_event', 'text', (column) => column.notNull())
        .addColumn('actor', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('entered_at', 'bigint', (column) => column.notNull())
        .addColumn('changed_at', 'bigint', (column) => column.notNull())
        .addColumn('ended_at', 'bigint')
        .addPrimaryKeyConstraint('rollouts_key', ['workspace', 'id'])
        .addUniqueConstraint('rollouts_request', ['workspace', 'request_key'])
        .execute();
      // One open rollout per endpoint, whatever the code believes.
      await sql`create unique index rollouts_open on rollouts (workspace, endpoint) where ended_at is null`.execute(db);
      await db.schema
        .createIndex('rollouts_of_endpoint')
        .on('rollouts')
        .columns(['workspace', 'endpoint', 'id'])
        .execute();
      await db.schema
        .createTable('arm_counters')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('gateway', 'text', (column) => column.notNull())
        .addColumn('boot', 'text', (column) => column.notNull())
        .addColumn('cell', 'bigint', (column) => column.notNull())
        .addColumn('endpoint', 'text', (column) => column.notNull())
        .addColumn('deployment', 'text', (column) => column.notNull())
        .addColumn('split', 'text', (column) => column.notNull())
        .addColumn('requests', 'bigint', (column) => column.notNull())
        .addColumn('counts', 'text', (column) => column.notNull())
        .addColumn('seen_at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('arm_counters_key', ['workspace', 'gateway', 'boot', 'cell'])
        .execute();
      await db.schema
        .createIndex('arm_counters_of_endpoint')
        .on('arm_counters')
        .columns(['workspace', 'endpoint'])
        .execute();
    },
  },
];
