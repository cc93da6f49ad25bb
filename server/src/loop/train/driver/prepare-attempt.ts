import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createToken } from '../../../platform/auth/create-token.ts';
import { revokeJobTokens } from '../../../platform/auth/token.store.ts';
import { failpoint } from '../../../platform/config/failpoint.ts';
import { pythonPath } from '../../../platform/environments/python-path.ts';
import { BucleError } from '../../../platform/errors.ts';
import { writeDurably } from '../../../platform/processes/durable-file.ts';
import { materialiseVersion } from '../../data/index.ts';
import { moveAttempt } from '../attempt.store.ts';
import { insertEnvironment, type RecordedEnvironment } from '../environment.store.ts';
import type { Attempt, Job } from '../job.ts';
import type { AttemptEnd } from '../outcome.ts';
import { type AttemptSpec, attemptFiles, type GoldenSpec } from '../runner/attempt-folder.ts';
import { type CommandEnvironment, commandEnvironment } from './attempt-environment.ts';
import { attemptLog } from './attempt-log.ts';
import { checkoutSnapshot } from './checkout-snapshot.ts';
import { type ChosenEnvironment, chooseEnvironment } from './choose-environment.ts';
import { finishAttempt } from './finish-attempt.ts';
import type { Drive, DriveParts } from './parts.ts';
import { attemptFolder } from './place.ts';
import { whenCancelled } from './when-cancelled.ts';

const LOG_HEAD_BYTES = 64 * 1024 * 1024;
const LOG_TAIL_BYTES = 4 * 1024 * 1024;
const GOLDEN_LIMIT_MS = 15 * 60_000;
const GOLDEN_PATIENCE_MS = 24 * 3_600_000;

/** `preparing` → `running`: everything that the runner needs lies in the folder. A failure ends the attempt. */
export async function prepareAttempt(parts: DriveParts, drive: Drive, job: Job, attempt: Attempt): Promise<void> {
  await using cancelled = whenCancelled(parts, job.id);
  const signal = AbortSignal.any([drive.signal, cancelled.signal]);
  try {
    await prepare(parts, drive, { job, attempt, signal });
  } catch (error) {
    drive.signal.throwIfAborted();
    if (isLeaseLost(error)) throw error;
    const end = cancelled.signal.aborted ? cancelledEnd : failureOf(error);
    if (end.outcome === 'infra') parts.log.warn({ err: error, job: job.id }, 'an attempt could not be prepared');
    attemptLog(attemptFiles(attemptFolder(parts.config, attempt)).log)(end.reason ?? end.outcome);
    await finishAttempt(parts, drive, job, attempt, { end, golden: null, endedAt: parts.clock.now() });
  }
}

function isLeaseLost(error: unknown): boolean {
  return error instanceof BucleError && error.code === 'JOBS_LEASE_LOST';
}

const cancelledEnd: AttemptEnd = {
  outcome: 'cancelled',
  exitCode: null,
  signal: null,
  reason: 'It was cancelled while it was prepared.',
};

/** A refusal of what was asked for is the user's to mend; the rest may go better next time. */
function failureOf(error: unknown): AttemptEnd {
  const blame = error instanceof BucleError && error.status < 500 ? 'user' : 'infra';
  const reason = error instanceof Error ? error.message : String(error);
  const next = error instanceof BucleError && error.next !== undefined ? ` ${error.next}` : '';
  return { outcome: blame, exitCode: null, signal: null, reason: `${reason}${next}`.slice(0, 4_000) };
}

interface Preparation {
  readonly job: Job;
  readonly attempt: Attempt;
  readonly signal: AbortSignal;
}

async function prepare(parts: DriveParts, drive: Drive, { job, attempt, signal }: Preparation): Promise<void> {
  const { db, config, clock, runs } = parts;
  const files = attemptFiles(attemptFolder(config, attempt));
  const onLine = attemptLog(files.log);
  const tree = await checkoutSnapshot(parts, job.snapshot, files.work, signal);
  failpoint('after_checkout');
  const paths = new Set(tree.map(({ path }) => path));
  const chosen = await chooseEnvironment(parts, job, paths, { work: files.work, onLine, signal });
  await mkdir(join(files.work, 'inputs'), { recursive: true });
  for (const input of job.inputs) {
    await materialiseVersion(parts, { id: input.version }, join(files.work, 'inputs', input.name), signal);
  }
  const run = attempt.run ?? '';
  const { token, experimentId } = await db.transaction(async (trx) => {
    await drive.fence(trx);
    await insertEnvironment(trx, chosen.recorded, clock.now());
    // The secret of a token lives in the folder only, so that a preparation that is repeated makes a new one.
    await revokeJobTokens(trx, job.id, clock.now());
    const name = `job ${job.id}/${attempt.number}`;
    const { secret } = await createToken(trx, parts, { name, kind: 'job', scopes: ['write'], jobId: job.id });
    return { token: secret, experimentId: await runs.experimentOf(trx, run) };
  });
  const env = { config, job, number: attempt.number, run, experimentId, token, work: files.work };
  failpoint('before_spec');
  await writeDurably(files.spec, JSON.stringify(specOf(env, chosen)));
  failpoint('after_spec');
  await db.transaction(async (trx) => {
    await drive.fence(trx);
    await moveAttempt(trx, attempt, ['preparing'], 'running', { environment: chosen.recorded.id });
  });
}

function specOf(
  given: Omit<CommandEnvironment, 'python' | 'environmentPath'>,
  { python, path, recorded }: ChosenEnvironment,
): AttemptSpec {
  const { job, number } = given;
  const env = commandEnvironment({ ...given, python, environmentPath: path });
  return {
    attempt: `${job.id}/${number}`,
    command: job.command,
    env,
    timeLimitMs: job.timeLimitMs,
    graceMs: job.graceMs,
    logHeadBytes: LOG_HEAD_BYTES,
    logTailBytes: LOG_TAIL_BYTES,
    golden: canLogModels(recorded) ? goldenOf(given, python, env) : null,
  };
}

// Models are logged by MLflow: without it there is nothing to record, and nothing to record it with.
function canLogModels({ packages }: RecordedEnvironment): boolean {
  return 'mlflow' in packages || 'mlflow-skinny' in packages;
}

function goldenOf(
  { config, job, run, work }: Omit<CommandEnvironment, 'python' | 'environmentPath'>,
  python: string,
  env: Readonly<Record<string, string>>,
): GoldenSpec {
  const inputs = job.inputs.flatMap(({ name }) => ['--input', join(work, 'inputs', name)]);
  return {
    command: [python, '-m', 'bucle.golden', '--run', run, ...inputs],
    env: { ...env, PYTHONPATH: `${pythonPath()}:${env['PYTHONPATH'] ?? ''}` },
    timeLimitMs: GOLDEN_LIMIT_MS,
    serverUrl: config.serverUrl,
    patienceMs: GOLDEN_PATIENCE_MS,
  };
}
