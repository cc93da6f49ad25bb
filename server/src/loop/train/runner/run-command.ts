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
import { writeReserved } from './reserved-file.ts';

export interface CommandParts {
  readonly clock: Clock;
  readonly files: AttemptFiles;
  readonly spec: AttemptSpec;
  readonly log: BoundedLog;
  readonly marker: Marker;
  /** Aborted when this process is asked to stop: the machine goes down. */
  readonly interrupt: AbortSignal;
}

const POLL_MS = 100;
/** The last output of a command that has ended is there at once, unless something that it left running holds it. */
const DRAIN_MS = 300;
/** What a command left behind gets to end by itself. */
const LEFTOVER_GRACE_MS = 500;
const OUTPUT_MS = 5_000;

/** Runs the command of an attempt to its end, whatever that is. The intent is on disk before anything starts. */
export async function runCommand(parts: CommandParts): Promise<ExitRecord> {
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
  const ended = await watch(parts, child);
  const { code, signal } = await child.ended;
  const oom = countOutOfMemoryKills() > kills && (signal === 'SIGKILL' || code === 137);
  const exit: ExitRecord = { ended, code, signal, oom, startedAt, endedAt: clock.now() };
  await Promise.race([child.outputEnded, sleep(DRAIN_MS)]);
  log.flush();
  failpoint('before_exit_file');
  await writeReserved(files.exit, exit);
  failpoint('after_exit_file');
  await clearUp(parts, child);
  return exit;
}

async function watch(parts: CommandParts, child: AttachedProcess): Promise<ExitRecord['ended']> {
  const { files, log, spec, interrupt } = parts;
  // Of the machine, not of the calendar: setting the clock ends nothing.
  const until = performance.now() + (spec.timeLimitMs ?? Number.POSITIVE_INFINITY);
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
    if (performance.now() > until) {
      return stop('timeout', `the time limit of ${(spec.timeLimitMs ?? 0) / 1000} s is over`);
    }
    if (interrupt.aborted) return stop('interrupted', 'the runner was told to stop');
    await Promise.race([sleep(POLL_MS), child.ended]);
  }
  return 'exited';
}

// What a command leaves running would go on using the machine, and holds the log open.
async function clearUp({ log, marker }: CommandParts, child: AttachedProcess): Promise<void> {
  const { killed } = await killTree(child.pid, { graceMs: LEFTOVER_GRACE_MS, marker });
  if (killed) log.note('ended what the command had left running');
  await killMarked(marker);
  await Promise.race([child.outputEnded, sleep(OUTPUT_MS)]);
}
