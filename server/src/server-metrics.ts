import type { Context } from './context.ts';
import { databaseBytes } from './platform/db/database-bytes.ts';
import { lastEventNumber } from './platform/events/event.store.ts';
import { countJobs } from './platform/jobs/count-jobs.ts';
import type { Metric } from './platform/metric.ts';

/** What the server tells about itself, apart from its stages. */
export function serverMetrics({ db }: Pick<Context, 'db'>): Metric[] {
  return [
    {
      ...{ name: 'bucle_background_jobs', kind: 'gauge', labels: ['kind', 'state'] },
      help: 'Durable background jobs that wait, run, or failed for good.',
      read: async () =>
        (await countJobs(db.scan)).map(({ kind, state, jobs }) => ({ labels: { kind, state }, value: jobs })),
    },
    {
      ...{ name: 'bucle_events_total', kind: 'counter', labels: [] },
      help: 'Events that were written.',
      read: async () => [{ labels: {}, value: await lastEventNumber(db.read) }],
    },
    {
      ...{ name: 'bucle_database_bytes', kind: 'gauge', labels: [] },
      help: 'Size of the database.',
      read: async () => [{ labels: {}, value: await databaseBytes(db.scan, db.dialect) }],
    },
  ];
}
