import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { failpoint, failpointEnvironment } from '../../../platform/config/failpoint.ts';
import { inheritedEnvironment } from '../../../platform/config/inherited-environment.ts';
import { readJson, writeDurably } from '../../../platform/processes/durable-file.ts';
import { isAlive, type ProcessIdentity } from '../../../platform/processes/identity.ts';
import { killTree } from '../../../platform/processes/kill-tree.ts';
import { isLeaseFree, leaseHolder, tryLease } from '../../../platform/processes/lease-file.ts';
import { spawnDetached } from '../../../platform/processes/spawn-detached.ts';
import { siblingModule } from '../../../platform/sibling-module.ts';
import { trainErrors } from '../errors.ts';
import type { Attempt, Job } from '../job.ts';
import { judge } from '../outcome.ts';
import { readFileAt } from '../read-log.ts';
import { type AttemptFiles, attemptFiles, type FinalRecord, type StopRequest } from '../runner/attempt-folder.ts';
import { saysOutOfMemory } from '../runner/out-of-memory.ts';
import type { Ended } from './finish-attempt.ts';
import type { Drive, DriveParts } from './parts.ts';
import { attemptFolder } from './place.ts';
import { whenCancelled } from './when-cancelled.ts';

const POLL_MS = 100;
const RESPAWN_MS = 1_000;
const MAX_SPAWNS = 5;
/** What a runner gets beyond time limit and grace before it is taken for stuck. */
const STUCK_MS = 30_000;
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
  const ensureRunner = runnerKeeper(folder, files);
  for (;;) {
    drive.signal.throwIfAborted();
    const ended = await readEnd(parts, files);
    if (ended) return ended;
    if (cancelled.signal.aborted) await requestStop(files, 'cancelled');
    await stopStuckRunner(parts, files, job);
    await ensureRunner();
    await sleep(POLL_MS);
  }
}

/** Starts a runner when none lives, a few times; then nothing may start the attempt any more. */
function runnerKeeper(folder: string, files: AttemptFiles): () => Promise<void> {
  let spawned: ProcessIdentity | null = null;
  let spawns = 0;
  return async () => {
    if (spawned !== null && isAlive(spawned)) return;
    if (!(await isLeaseFree(files.lock)) || existsSync(files.final)) return;
    if (spawns >= MAX_SPAWNS) {
      await closeAttempt(files);
      return;
    }
    if (spawns > 0) await sleep(RESPAWN_MS);
    spawns += 1;
    spawned = await spawnDetached({
      command: process.execPath,
      args: [siblingModule(import.meta.url, '../runner/runner-main').pathname, folder],
      cwd: folder,
      env: { ...inheritedEnvironment(), ...failpointEnvironment() },
      logFile: files.runnerLog,
    });
    failpoint('after_spawn');
  };
}

async function readEnd(parts: DriveParts, files: AttemptFiles): Promise<Ended | null> {
  const final = await readJson<FinalRecord>(files.final);
  if (final) return toEnd(files, final);
  return existsSync(files.closed) ? neverStarted(parts, files) : null;
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

/** Whoever holds the lock decides: after this no runner starts the attempt any more. */
async function closeAttempt(files: AttemptFiles): Promise<void> {
  const lease = await tryLease(files.lock);
  if (lease === null) return;
  await using _lease = lease;
  if (!existsSync(files.final)) await writeDurably(files.closed, '');
}

async function neverStarted(parts: DriveParts, files: AttemptFiles): Promise<Ended> {
  const said = await readTail(files.runnerLog);
  const reason = trainErrors.RUNNER_FAILED({ reason: said.trim().slice(-1_000) }).message;
  return {
    end: { outcome: 'infra', exitCode: null, signal: null, reason },
    golden: null,
    endedAt: parts.clock.now(),
  };
}

async function requestStop(files: AttemptFiles, reason: StopRequest['reason']): Promise<void> {
  if (existsSync(files.stop)) return;
  await writeDurably(files.stop, JSON.stringify({ reason } satisfies StopRequest));
}

// The runner keeps the time itself; this is for one that is stuck or stopped. The next one ends what it started.
async function stopStuckRunner({ clock }: DriveParts, files: AttemptFiles, job: Job): Promise<void> {
  if (job.timeLimitMs === null || existsSync(files.exit)) return;
  const intent = await readJson<{ startedAt: number }>(files.intent);
  if (intent === null || clock.now() - intent.startedAt < job.timeLimitMs + job.graceMs + STUCK_MS) return;
  const holder = await leaseHolder(files.lock);
  await requestStop(files, 'timeout');
  if (holder !== null && isAlive(holder)) await killTree(holder.pid, { graceMs: 0 });
}

async function readTail(path: string): Promise<string> {
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  return (await readFileAt(path, Math.max(0, size - TAIL_BYTES), TAIL_BYTES)).toString('utf8');
}
