import { createReadStream, existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { revokeJobTokens } from '../../../platform/auth/token.store.ts';
import { failpoint } from '../../../platform/config/failpoint.ts';
import { appendEvent } from '../../../platform/events/event.store.ts';
import { randomInteger } from '../../../platform/ids.ts';
import { insertAttempt, listAttempts, moveAttempt } from '../attempt.store.ts';
import { finishJob } from '../job.store.ts';
import type { Attempt, Job, Outcome } from '../job.ts';
import { type AttemptEnd, nextStep } from '../outcome.ts';
import { attemptFiles } from '../runner/attempt-folder.ts';
import { clearAttempt } from './clear-attempt.ts';
import type { Drive, DriveParts } from './parts.ts';
import { attemptFolder, logKey } from './place.ts';

export interface Ended {
  readonly end: AttemptEnd;
  /** What the recorder of golden requests reported. */
  readonly golden: unknown;
  readonly endedAt: number;
}

const SPREAD = 1_000;

/** Any live state → `ended`: the log is stored, then one transaction settles attempt, run, job and what comes next. */
export async function finishAttempt(
  parts: DriveParts,
  drive: Drive,
  job: Job,
  attempt: Attempt,
  ended: Ended,
): Promise<void> {
  const logBytes = await storeLog(parts, attempt);
  failpoint('before_finish');
  await settleAttempt(parts, drive, job, attempt, { ...ended, logBytes });
  failpoint('after_finish');
  await clearAttempt(parts, attempt);
}

async function storeLog({ config, blobs }: DriveParts, attempt: Attempt): Promise<number> {
  const { log } = attemptFiles(attemptFolder(config, attempt));
  const body = Readable.from(existsSync(log) ? chunksOf(log) : []);
  const { size } = await blobs.put(logKey(attempt), body);
  return size;
}

async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  for await (const chunk of createReadStream(path)) {
    yield chunk as Buffer;
    failpoint('mid_log_upload');
  }
}

export async function settleAttempt(
  parts: DriveParts,
  drive: Drive,
  job: Job,
  attempt: Attempt,
  { end, golden, logBytes, endedAt }: Ended & { readonly logBytes: number },
): Promise<void> {
  const { db, clock, runs } = parts;
  const spread = randomInteger(SPREAD) / SPREAD;
  await db.transaction(async (trx) => {
    await drive.fence(trx);
    const moved = await moveAttempt(trx, attempt, ['waiting', 'preparing', 'running'], 'ended', {
      outcome: end.outcome,
      exit_code: end.exitCode,
      signal: end.signal,
      reason: end.reason,
      golden: golden === null || golden === undefined ? null : JSON.stringify(golden),
      ended_at: endedAt,
      log_bytes: logBytes,
    });
    if (!moved) return;
    if (attempt.run !== null) await runs.end(trx, attempt.run, statusOf(end.outcome), endedAt);
    await revokeJobTokens(trx, job.id, clock.now());
    const outcomes = (await listAttempts(trx, job.id)).flatMap(({ outcome }) => (outcome === null ? [] : [outcome]));
    const step = nextStep(job, outcomes, spread);
    const data = { attempt: attempt.number, outcome: end.outcome, exit_code: end.exitCode, run: attempt.run };
    const subject = `job:${job.id}`;
    if (step.kind === 'retry') {
      const notBefore = clock.now() + step.delayMs;
      await insertAttempt(trx, { job: job.id, number: attempt.number + 1, notBefore, now: clock.now() });
      await appendEvent(trx, parts, { type: 'job.retried', subject, actor: 'driver', data });
    } else {
      await finishJob(trx, job.id, { state: step.state, reason: end.reason, now: clock.now() });
      await appendEvent(trx, parts, { type: `job.${step.state}`, subject, actor: 'driver', data });
    }
  });
}

function statusOf(outcome: Outcome): 'FINISHED' | 'FAILED' | 'KILLED' {
  if (outcome === 'succeeded') return 'FINISHED';
  return outcome === 'cancelled' ? 'KILLED' : 'FAILED';
}
