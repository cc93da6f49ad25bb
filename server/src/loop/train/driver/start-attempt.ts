import { failpoint } from '../../../platform/config/failpoint.ts';
import { appendEvent } from '../../../platform/events/event.store.ts';
import { hexId } from '../../../platform/ids.ts';
import { findProfile, resolveVersion, toMlflowDataset } from '../../data/index.ts';
import { countLiveAttempts, moveAttempt } from '../attempt.store.ts';
import { startJob } from '../job.store.ts';
import type { Attempt, Job } from '../job.ts';
import type { NewAttemptRun } from '../run-tracking.ts';
import { settleAttempt } from './finish-attempt.ts';
import type { Drive, DriveParts } from './parts.ts';
import { placeId } from './place.ts';

export interface Start {
  readonly job: Job;
  readonly attempt: Attempt;
  /** Attempts at once on this machine. */
  readonly slots: number;
}

/**
 * `waiting` → `preparing`: the attempt gets its place and its run. A job that was cancelled ends here. False when
 * the machine is full: what a killed server left running counts too, so places are counted, never remembered.
 */
export async function startAttempt(parts: DriveParts, drive: Drive, { job, attempt, slots }: Start): Promise<boolean> {
  const { db, clock, runs } = parts;
  if (job.cancelRequestedAt !== null) {
    const end = {
      outcome: 'cancelled',
      exitCode: null,
      signal: null,
      reason: 'It was cancelled before it started.',
    } as const;
    await settleAttempt(parts, drive, job, attempt, { end, golden: null, logBytes: 0, endedAt: clock.now() });
    return true;
  }
  const now = clock.now();
  const host = await placeId(parts);
  const run = await describeRun(parts, job, attempt, now);
  failpoint('before_start');
  const started = await db.transaction(async (trx) => {
    await drive.fence(trx);
    if ((await countLiveAttempts(trx, host)) >= slots) return false;
    const change = { host, run: run.id, started_at: now };
    if (!(await moveAttempt(trx, attempt, ['waiting'], 'preparing', change))) return true;
    await startJob(trx, job.id);
    await runs.start(trx, run);
    const data = { attempt: attempt.number, run: run.id };
    await appendEvent(trx, parts, { type: 'job.started', subject: `job:${job.id}`, actor: 'driver', data });
    return true;
  });
  failpoint('after_start');
  return started;
}

async function describeRun(parts: DriveParts, job: Job, attempt: Attempt, now: number): Promise<NewAttemptRun> {
  const inputs = await Promise.all(
    job.inputs.map(async ({ name, dataset, number }) => {
      const version = await resolveVersion(parts, { name: dataset, number });
      const described = toMlflowDataset(version, await findProfile(parts.db.read, version.id));
      return { dataset: described, tags: { 'mlflow.data.context': name, 'bucle.input': name } };
    }),
  );
  return {
    id: hexId(),
    experiment: job.experiment,
    name: attempt.number === 1 ? job.name : `${job.name} (attempt ${attempt.number})`,
    user: job.createdBy,
    tags: {
      'bucle.job': job.id,
      'bucle.attempt': String(attempt.number),
      'bucle.snapshot': job.snapshot,
      'mlflow.source.name': job.command.join(' ').slice(0, 5_000),
      'mlflow.source.type': 'JOB',
      ...(job.git === null ? {} : { 'mlflow.source.git.commit': job.git.sha }),
      ...(job.git?.branch == null ? {} : { 'mlflow.source.git.branch': job.git.branch }),
    },
    inputs,
    startedAt: now,
  };
}
