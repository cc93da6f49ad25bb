import type { Context } from '../../context.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { trainErrors } from './errors.ts';
import { findJob, requestCancel } from './job.store.ts';
import { isFinal, type Job } from './job.ts';
import { DRIVE_KIND } from './submit-job.ts';

/**
 * Asks for the end of a job; its driver brings it about, also after a crash. Asking again does no harm.
 * @throws TRAIN_JOB_NOT_FOUND, TRAIN_JOB_IS_OVER
 */
export async function cancelJob(
  parts: Pick<Context, 'db' | 'jobs' | 'clock'>,
  id: string,
  actor: string,
): Promise<Job> {
  const { db, clock } = parts;
  await db.transaction(async (trx) => {
    if (!(await requestCancel(trx, id, clock.now()))) return;
    await appendEvent(trx, parts, { type: 'job.cancel_requested', subject: `job:${id}`, actor });
  });
  const job = await findJob(db.read, id);
  if (!job) throw trainErrors.JOB_NOT_FOUND({ job: id });
  if (job.cancelRequestedAt === null && isFinal(job.state)) {
    throw trainErrors.JOB_IS_OVER({ job: id, state: job.state });
  }
  // A job that waits for its next attempt is not looked at before its time.
  await parts.jobs.wake(DRIVE_KIND, id);
  return job;
}
