import type { Kysely } from 'kysely';
import type { JobState, JobTables } from './job-tables.ts';

const TOLD = ['queued', 'running', 'dead'] as const satisfies readonly JobState[];

/** Background jobs that wait, run, or failed for good. */
export async function countJobs(db: Kysely<JobTables>): Promise<{ kind: string; state: JobState; jobs: number }[]> {
  const counted = [];
  // One state at a time: each has a partial index.
  for (const state of TOLD) {
    const rows = await db
      .selectFrom('background_jobs')
      .select((of) => ['kind', of.fn.countAll<number | string | bigint>().as('jobs')])
      .where('state', '=', state)
      .groupBy('kind')
      .orderBy('kind')
      .execute();
    counted.push(...rows.map(({ kind, jobs }) => ({ kind, state, jobs: Number(jobs) })));
  }
  return counted;
}
