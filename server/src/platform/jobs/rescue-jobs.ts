import type { Kysely } from 'kysely';
import type { JobTables } from './job-tables.ts';

/**
 * Gives back what dead workers hold: leases that ran out, and leases whose owner is known to be
 * gone (`isGone` judges the owner's identity), so that a restarted server goes on at once, and
 * with what had been begun before anything new.
 */
export async function rescueJobs(
  db: Kysely<JobTables>,
  options: { now: number; isGone: (owner: string) => boolean },
): Promise<number> {
  const leased = await db
    .selectFrom('background_jobs')
    .select(['id', 'epoch', 'owner', 'lease_until'])
    .where('state', '=', 'running')
    .execute();
  let rescued = 0;
  for (const { id, epoch, owner, lease_until } of leased) {
    if ((lease_until ?? 0) > options.now && !(owner !== null && options.isGone(owner))) continue;
    const { numUpdatedRows } = await db
      .updateTable('background_jobs')
      .set({ state: 'queued', owner: null, lease_until: null, run_at: 0 })
      .where('id', '=', id)
      .where('epoch', '=', epoch)
      .where('state', '=', 'running')
      .executeTakeFirst();
    rescued += Number(numUpdatedRows);
  }
  return rescued;
}
