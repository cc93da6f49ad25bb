import type { Transaction } from 'kysely';
import { uuidv7 } from '../ids.ts';
import type { JobTables } from './job-tables.ts';
import type { NewJob } from './jobs.ts';

const MAX_ATTEMPTS = 20;

/** Inserts a job, or finds the live one with the same kind and key. */
export async function enqueueJob(trx: Transaction<JobTables>, job: NewJob, now: number): Promise<string> {
  const id = uuidv7(now);
  const inserted = await trx
    .insertInto('background_jobs')
    .values({
      id,
      workspace: 'default',
      kind: job.kind,
      key: job.key ?? null,
      payload: JSON.stringify(job.payload ?? null),
      state: 'queued',
      run_at: job.runAt ?? now,
      attempt: 0,
      max_attempts: job.maxAttempts ?? MAX_ATTEMPTS,
      epoch: 0,
      owner: null,
      lease_until: null,
      error: null,
      created_at: now,
      finished_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (inserted || job.key === undefined) return inserted?.id ?? id;
  const live = await trx
    .selectFrom('background_jobs')
    .select('id')
    .where('workspace', '=', 'default')
    .where('kind', '=', job.kind)
    .where('key', '=', job.key)
    .where('state', 'in', ['queued', 'running'])
    .executeTakeFirstOrThrow();
  return live.id;
}
