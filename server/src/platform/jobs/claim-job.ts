import { type Kysely, sql } from 'kysely';
import type { BackgroundJobTable, JobTables } from './job-tables.ts';

/**
 * Leases the job of these kinds that is due longest, in one statement. On PostgreSQL rows that another
 * worker is taking are skipped; on SQLite there is one writer.
 */
export async function claimJob(
  db: Kysely<JobTables>,
  options: { kinds: readonly string[]; owner: string; now: number; leaseMs: number; skipLocked: boolean },
): Promise<BackgroundJobTable | undefined> {
  const lock = options.skipLocked ? sql`for update skip locked` : sql``;
  const { rows } = await sql<BackgroundJobTable>`
    update background_jobs
    set state = 'running', attempt = attempt + 1, epoch = epoch + 1, owner = ${options.owner},
        run_at = ${options.now}, lease_until = ${options.now + options.leaseMs}
    where id = (
      select id from background_jobs
      where state = 'queued' and run_at <= ${options.now} and kind in (${sql.join([...options.kinds])})
      order by run_at limit 1 ${lock}
    )
    returning *`.execute(db);
  return rows[0];
}
