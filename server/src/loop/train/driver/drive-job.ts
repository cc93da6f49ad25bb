import { failpoint } from '../../../platform/config/failpoint.ts';
import type { JobHandler, JobOutcome, JobRun } from '../../../platform/jobs/jobs.ts';
import { findLastAttempt } from '../attempt.store.ts';
import { findJob } from '../job.store.ts';
import { type Attempt, isFinal, type Job } from '../job.ts';
import { DRIVE_KIND } from '../submit-job.ts';
import { clearAttempt } from './clear-attempt.ts';
import { finishAttempt, settleAttempt } from './finish-attempt.ts';
import { holdsPlace } from './hold-place.ts';
import type { DriveParts } from './parts.ts';
import { placeId } from './place.ts';
import { prepareAttempt } from './prepare-attempt.ts';
import { startAttempt } from './start-attempt.ts';
import { watchAttempt } from './watch-attempt.ts';

/** How long until an attempt on another machine is asked after again. */
const ELSEWHERE_MS = 2_000;
/** How long until there may be room for one more attempt here. */
const FULL_MS = 500;
/** How long a machine may take to end an attempt that was cancelled, before the job is over without it. */
const SILENT_MS = 5 * 60_000;

export interface DriveOptions {
  /** Attempts at once on this machine. */
  readonly slots: number;
}

/**
 * The background job that brings one job to its end. It holds nothing in memory that matters: each turn reads
 * the rows, does the next act and commits, so that it can be killed anywhere and taken up by another process.
 */
export function driveJob(parts: DriveParts, options: DriveOptions): JobHandler {
  return { kind: DRIVE_KIND, concurrency: options.slots, handle: (run) => drive(parts, run, options) };
}

async function drive(parts: DriveParts, run: JobRun, options: DriveOptions): Promise<JobOutcome> {
  const { job: id } = run.job.payload as { job: string };
  for (;;) {
    run.signal.throwIfAborted();
    const job = await findJob(parts.db.read, id);
    const attempt = await findLastAttempt(parts.db.read, id);
    if (!job || !attempt) return undefined;
    if (isFinal(job.state)) {
      failpoint('before_clear');
      await clearAttempt(parts, attempt);
      return undefined;
    }
    const again = await turn(parts, run, { job, attempt, ...options });
    if (again !== null) return { again };
  }
}

interface Turn extends DriveOptions {
  readonly job: Job;
  readonly attempt: Attempt;
}

/** One step; answers when to look again if there is nothing to do before. */
async function turn(parts: DriveParts, run: JobRun, { job, attempt, slots }: Turn): Promise<number | null> {
  const now = parts.clock.now();
  if (attempt.state === 'waiting' && job.cancelRequestedAt === null && attempt.notBefore > now)
    return attempt.notBefore;
  const isElsewhere = attempt.state !== 'waiting' && attempt.host !== (await placeId(parts));
  if (isElsewhere && job.cancelRequestedAt !== null && now - job.cancelRequestedAt > SILENT_MS) {
    await settleAttempt(parts, run, job, attempt, { end: unreachable, golden: null, logBytes: 0, endedAt: now });
    return null;
  }
  if (isElsewhere || !(await holdsPlace(parts))) return now + ELSEWHERE_MS;
  if (attempt.state === 'waiting') {
    if (attempt.number > 1) await clearAttempt(parts, { job: job.id, number: attempt.number - 1 });
    return (await startAttempt(parts, run, { job, attempt, slots })) ? null : now + FULL_MS;
  }
  if (attempt.state === 'preparing') await prepareAttempt(parts, run, job, attempt);
  else await finishAttempt(parts, run, job, attempt, await watchAttempt(parts, run, job, attempt));
  return null;
}

const unreachable = {
  outcome: 'cancelled',
  exitCode: null,
  signal: null,
  reason: 'It was cancelled, and its machine does not answer; what runs there ends when it comes back.',
} as const;
