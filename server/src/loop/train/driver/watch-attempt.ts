import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { failpoint } from '../../../platform/config/failpoint.ts';
import { readJson } from '../../../platform/processes/durable-file.ts';
import { trainErrors } from '../errors.ts';
import type { Attempt, Job } from '../job.ts';
import { judge } from '../outcome.ts';
import { readFileAt } from '../read-log.ts';
import { type AttemptFiles, attemptFiles, type ExitRecord, type FinalRecord } from '../runner/attempt-folder.ts';
import { saysOutOfMemory } from '../runner/out-of-memory.ts';
import { stuckRunnerEnder } from './end-stuck-runner.ts';
import type { Ended } from './finish-attempt.ts';
import { runnerKeeper } from './keep-runner.ts';
import type { Drive, DriveParts } from './parts.ts';
import { attemptFolder } from './place.ts';
import { requestStop } from './request-stop.ts';
import { whenCancelled } from './when-cancelled.ts';

const POLL_MS = 100;
const TAIL_BYTES = 4_096;

/**
 * Sees to it that the attempt has a runner until it has its final record: adopts the one that lives, else starts
 * one, which goes on from where the last one was killed. The runner alone decides what happened.
 */
export async function watchAttempt(parts: DriveParts, drive: Drive, job: Job, attempt: Attempt): Promise<Ended> {
  const folder = attemptFolder(parts.config, attempt);
  const files = attemptFiles(folder);
  await mkdir(files.state, { recursive: true });
  await using cancelled = whenCancelled(parts, job.id);
  failpoint('after_commit_intent');
  const ensureRunner = runnerKeeper(folder, files, `${job.id}/${attempt.number}`);
  const endStuckRunner = stuckRunnerEnder(files, job);
  for (;;) {
    drive.signal.throwIfAborted();
    const ended = await readEnd(parts, files);
    if (ended) return ended;
    if (cancelled.signal.aborted) await requestStop(files, 'cancelled');
    await endStuckRunner();
    await ensureRunner();
    await sleep(POLL_MS);
  }
}

async function readEnd(parts: DriveParts, files: AttemptFiles): Promise<Ended | null> {
  const final = await readJson<FinalRecord>(files.final);
  if (final) return toEnd(files, final);
  if (!existsSync(files.closed)) return null;
  // No runner lived long enough for a last word: the record of the exit is the truth, if there is one.
  const exit = await readJson<ExitRecord>(files.exit);
  return exit ? toEnd(files, { exit, golden: null }) : neverEnded(parts, files);
}

async function toEnd(files: AttemptFiles, final: FinalRecord): Promise<Ended> {
  failpoint('after_exit_before_read');
  const tail = await readTail(files.log);
  return {
    end: judge(final, saysOutOfMemory(tail)),
    golden: final.golden?.report ?? null,
    endedAt: final.exit.endedAt,
  };
}

async function neverEnded(parts: DriveParts, files: AttemptFiles): Promise<Ended> {
  const said = await readTail(files.runnerLog);
  const reason = trainErrors.RUNNER_FAILED({ reason: said.trim().slice(-1_000) }).message;
  const outcome = existsSync(files.intent) ? 'lost' : 'infra';
  return { end: { outcome, exitCode: null, signal: null, reason }, golden: null, endedAt: parts.clock.now() };
}

async function readTail(path: string): Promise<string> {
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  return (await readFileAt(path, Math.max(0, size - TAIL_BYTES), TAIL_BYTES)).toString('utf8');
}
