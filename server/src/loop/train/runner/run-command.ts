import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../../platform/clock.ts';
import { failpoint } from '../../../platform/config/failpoint.ts';
import { readJson, writeDurably } from '../../../platform/processes/durable-file.ts';
import { killMarked, killTree, type Marker } from '../../../platform/processes/kill-tree.ts';
import { type AttachedProcess, spawnAttached } from '../../../platform/processes/spawn-attached.ts';
import type { AttemptFiles, AttemptSpec, ChildRecord, ExitRecord, StopRequest } from './attempt-folder.ts';
import type { BoundedLog } from './bounded-log.ts';
import { countOutOfMemoryKills } from './out-of-memory.ts';

interface Parts {
  readonly clock: Clock;
  readonly files: AttemptFiles;
  readonly spec: AttemptSpec;
  readonly log: BoundedLog;
  readonly marker: Marker;
  /** Aborted when this process is asked to stop: the machine goes down. */
  readonly interrupt: AbortSignal;
}

const POLL_MS = 100;
/** What a command left behind gets to end by itself. */
const LEFTOVER_GRACE_MS = 500;
const OUTPUT_MS = 5_000;

/** Runs the command of an attempt to its end, whatever that is. The intent is on disk before anything starts. */
export async function runCommand(parts: Parts): Promise<ExitRecord> {
  const { clock, files, spec, log } = parts;
  const startedAt = clock.now();
  const kills = countOutOfMemoryKills();
  await writeDurably(files.intent, JSON.stringify({ startedAt }));
  failpoint('before_spawn');
  const child = await spawnAttached({
    command: spec.command,
    cwd: files.work,
    env: spec.env,
    onOutput: (chunk) => log.write(chunk),
  });
  failpoint('before_identity_file');
  await writeDurably(files.child, JSON.stringify({ identity: child.identity, pid: child.pid } satisfies ChildRecord));
  failpoint('after_child_start');
  const ended = await watch(parts, child, startedAt);
  const { code, signal } = await child.ended;
  await clearUp(parts, child);
  const oom = countOutOfMemoryKills() > kills && (signal === 'SIGKILL' || code === 137);
  return { ended, code, signal, oom, startedAt, endedAt: clock.now() };
}

async function watch(parts: Parts, child: AttachedProcess, startedAt: number): Promise<ExitRecord['ended']> {
  const { files, log, spec, clock, interrupt } = parts;
  let over = false;
  void child.ended.then(() => {
    over = true;
  });
  const stop = async (ended: ExitRecord['ended'], why: string) => {
    log.note(`${why}: SIGTERM, and SIGKILL after ${spec.graceMs / 1000} s`);
    await killTree(child.pid, { graceMs: spec.graceMs, marker: parts.marker });
    return ended;
  };
  while (!over) {
    const request = existsSync(files.stop) ? await readJson<StopRequest>(files.stop) : null;
    if (request) return stop(request.reason, request.reason === 'cancelled' ? 'cancelled' : 'the time is up');
    if (spec.timeLimitMs !== null && clock.now() - startedAt > spec.timeLimitMs) {
      return stop('timeout', `the time limit of ${spec.timeLimitMs / 1000} s is over`);
    }
    if (interrupt.aborted) return stop('interrupted', 'the runner was told to stop');
    await Promise.race([sleep(POLL_MS), child.ended]);
  }
  return 'exited';
}

// What a command leaves running would go on using the machine, and holds the log open.
async function clearUp({ log, marker }: Parts, child: AttachedProcess): Promise<void> {
  const { killed } = await killTree(child.pid, { graceMs: LEFTOVER_GRACE_MS, marker });
  if (killed) log.note('ended what the command had left running');
  await killMarked(marker);
  await Promise.race([child.outputEnded, sleep(OUTPUT_MS)]);
}
