import { type Kysely, sql } from 'kysely';
import type { BackgroundJobTable, JobTables } from './job-tables.ts';

type Lease = Pick<BackgroundJobTable, 'id' | 'epoch'>;

/** The four ways a lease ends or goes on; each is one conditional statement and tells whether the lease still held. */
function leased(db: Kysely<JobTables>, { id, epoch }: Lease) {
  return db
    .updateTable('background_jobs')
    .where('id', '=', id)
    .where('epoch', '=', epoch)
    .where('state', '=', 'running');
}

export async function extendLease(db: Kysely<JobTables>, lease: Lease, until: number): Promise<boolean> {
  const { numUpdatedRows } = await leased(db, lease).set({ lease_until: until }).executeTakeFirst();
  return numUpdatedRows === 1n;
}

export async function completeJob(db: Kysely<JobTables>, lease: Lease, now: number): Promise<boolean> {
  const { numUpdatedRows } = await leased(db, lease)
    .set({ state: 'done', owner: null, lease_until: null, error: null, finished_at: now })
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Back to the queue without a failure, to look again at that time, or at once if it was woken meanwhile. */
export async function snoozeJob(db: Kysely<JobTables>, lease: Lease, runAt: number): Promise<boolean> {
  const { numUpdatedRows } = await leased(db, lease)
    .set({
      state: 'queued',
      owner: null,
      lease_until: null,
      attempt: 0,
      run_at: sql`case when run_at = 0 then 0 else cast(${runAt} as bigint) end`,
    })
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Queued again after a delay that doubles, or dead when its attempts are used up. */
export async function failJob(
  db: Kysely<JobTables>,
  lease: Lease,
  failure: { message: string; now: number; retryAt: number | null },
): Promise<boolean> {
  const { numUpdatedRows } = await leased(db, lease)
    .set({
      state: failure.retryAt === null ? 'dead' : 'queued',
      owner: null,
      lease_until: null,
      error: failure.message.slice(0, 4_000),
      ...(failure.retryAt === null ? { finished_at: failure.now } : { run_at: failure.retryAt }),
    })
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** True while this lease holds; within the caller's transaction, so that nothing can slip between. */
export async function holdsLease(db: Kysely<JobTables>, lease: Lease): Promise<boolean> {
  const { numUpdatedRows } = await leased(db, lease).set({ epoch: lease.epoch }).executeTakeFirst();
  return numUpdatedRows === 1n;
}
