import type { JobHandler, JobOutcome, JobRun } from '../../../platform/jobs/jobs.ts';
import { findLastAttempt } from '../attempt.store.ts';
import { findJob } from '../job.store.ts';
import { type Attempt, isFinal, type Job } from '../job.ts';
import { DRIVE_KIND } from '../submit-job.ts';
import { clearAttempt } from './clear-attempt.ts';
import { finishAttempt } from './finish-attempt.ts';
import type { DriveParts } from './parts.ts';
import { placeId } from './place.ts';
import { prepareAttempt } from './prepare-attempt.ts';
import { startAttempt } from './start-attempt.ts';
import { watchAttempt } from './watch-attempt.ts';

/** How long until an attempt on another machine is asked after again. */
const ELSEWHERE_MS = 2_000;

/**
 * The background job that brings one job to its end. It holds nothing in memory that matters: each turn reads
 * the rows, does the next act and commits, so that it can be killed anywhere and taken up by another process.
 */
export function driveJob(parts: DriveParts, { slots }: { slots: number }): JobHandler {
  return { kind: DRIVE_KIND, concurrency: slots, handle: (run) => drive(parts, run) };
}

async function drive(parts: DriveParts, run: JobRun): Promise<JobOutcome> {
  const { job: id } = run.job.payload as { job: string };
  for (;;) {
    run.signal.throwIfAborted();
    const job = await findJob(parts.db.read, id);
    const attempt = await findLastAttempt(parts.db.read, id);
    if (!job || !attempt) return undefined;
    if (isFinal(job.state)) {
      await clearAttempt(parts, attempt);
      return undefined;
    }
    const again = await turn(parts, run, job, attempt);
    if (again !== null) return { again };
  }
}

/** One step; answers when to look again if there is nothing to do before. */
async function turn(parts: DriveParts, run: JobRun, job: Job, attempt: Attempt): Promise<number | null> {
  const now = parts.clock.now();
  if (attempt.state === 'waiting') {
    if (job.cancelRequestedAt === null && attempt.notBefore > now) return attempt.notBefore;
    if (attempt.number > 1) await clearAttempt(parts, { job: job.id, number: attempt.number - 1 });
    await startAttempt(parts, run, job, attempt);
    return null;
  }
  if (attempt.host !== (await placeId(parts))) return now + ELSEWHERE_MS;
  if (attempt.state === 'preparing') await prepareAttempt(parts, run, job, attempt);
  else await finishAttempt(parts, run, job, attempt, await watchAttempt(parts, run, job, attempt));
  return null;
}
