import type { Migration } from '../../../platform/db/database.ts';

export const retrainMigrations: readonly Migration[] = [
  {
    name: '2026-11-24-retrain-1',
    async up(db) {
      await db.schema
        .createTable('policies')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('endpoint', 'text', (column) => column.notNull())
        .addColumn('dataset', 'text', (column) => column.notNull())
        .addColumn('version', 'bigint', (column) => column.notNull())
        .addColumn('body', 'text', (column) => column.notNull())
        .addColumn('paused', 'text')
        .addColumn('forgiven_until', 'bigint', (column) => column.notNull())
        .addColumn('webhook_secret_hash', 'text')
        .addColumn('changed_at', 'bigint', (column) => column.notNull())
        .addColumn('changed_by', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('policies_key', ['workspace', 'name'])
        .execute();
      await db.schema
        .createTable('policy_versions')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('policy', 'text', (column) => column.notNull())
        .addColumn('version', 'bigint', (column) => column.notNull())
        .addColumn('body', 'text')
        .addColumn('changed_at', 'bigint', (column) => column.notNull())
        .addColumn('changed_by', 'text', (column) => column.notNull())
        .addColumn('cause', 'text')
        .addPrimaryKeyConstraint('policy_versions_key', ['workspace', 'policy', 'version'])
        .execute();
      await db.schema
        .createTable('policy_checks')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('policy', 'text', (column) => column.notNull())
        .addColumn('policy_version', 'bigint', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('code', 'text', (column) => column.notNull())
        .addColumn('summary', 'text', (column) => column.notNull())
        .addColumn('reasons', 'text', (column) => column.notNull())
        .addColumn('firing', 'text')
        .addColumn('times', 'bigint', (column) => column.notNull())
        .addColumn('first_at', 'bigint', (column) => column.notNull())
        .addColumn('last_at', 'bigint', (column) => column.notNull())
        .addColumn('first_event_time', 'bigint')
        .addColumn('last_event_time', 'bigint')
        .addColumn('first_occasion', 'text', (column) => column.notNull())
        .addColumn('last_occasion', 'text', (column) => column.notNull())
        .addColumn('first_cause', 'text')
        .addColumn('last_cause', 'text')
        .addPrimaryKeyConstraint('policy_checks_key', ['workspace', 'id'])
        .execute();
      await db.schema
        .createIndex('policy_checks_of_policy')
        .on('policy_checks')
        .columns(['workspace', 'policy', 'id'])
        .execute();
      await db.schema
        .createTable('retrain_worlds')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('subject', 'text', (column) => column.notNull())
        .addColumn('content', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('retrain_worlds_key', ['workspace', 'subject'])
        .execute();
    },
  },
  {
    name: '2026-11-24-retrain-2',
    async up(db) {
      await db.schema
        .createTable('firings')
        .addColumn('workspace', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('policy', 'text', (column) => column.notNull())
        .addColumn('policy_version', 'bigint', (column) => column.notNull())
        .addColumn('number', 'bigint', (column) => column.notNull())
        .addColumn('endpoint', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('met', 'text', (column) => column.notNull())
        .addColumn('event_time', 'bigint')
        .addColumn('matured_until', 'bigint')
        .addColumn('as_of', 'bigint')
        .addColumn('frozen', 'text')
        .addColumn('base', 'bigint')
        .addColumn('training', 'text')
        .addColumn('holdout', 'text')
        .addColumn('job_request', 'text')
        .addColumn('job', 'text')
        .addColumn('version', 'text')
        .addColumn('champion', 'text')
        .addColumn('decision', 'text')
        .addColumn('rollout', 'text')
        .addColumn('outcome', 'text')
        .addColumn('summary', 'text')
        .addColumn('next_step', 'text')
        .addColumn('progress', 'text')
        .addColumn('actor', 'text', (column) => column.notNull())
        .addColumn('cause', 'text')
        .addColumn('last_event', 'text')
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('changed_at', 'bigint', (column) => column.notNull())
        .addColumn('ended_at', 'bigint')
        .addPrimaryKeyConstraint('firings_key', ['workspace', 'id'])
        .addUniqueConstraint('firings_number', ['workspace', 'policy', 'number'])
        .execute();
      await db.schema
        .createIndex('firings_of_endpoint')
        .on('firings')
        .columns(['workspace', 'endpoint', 'ended_at'])
        .execute();
    },
  },
];
