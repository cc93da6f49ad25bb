import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { type Clock, systemClock } from '../../../platform/clock.ts';
import { failpoint } from '../../../platform/config/failpoint.ts';
import { readJson } from '../../../platform/processes/durable-file.ts';
import { identify, isSameProcess } from '../../../platform/processes/identity.ts';
import { killMarked, killTree } from '../../../platform/processes/kill-tree.ts';
import { tryLease } from '../../../platform/processes/lease-file.ts';
import {
  ATTEMPT_MARKER,
  type AttemptSpec,
  attemptFiles,
  type ChildRecord,
  type ExitRecord,
  type FinalRecord,
  type StopRequest,
} from './attempt-folder.ts';
import { BoundedLog } from './bounded-log.ts';
import { reachGolden } from './reach-golden.ts';
import { reserveFile, writeReserved } from './reserved-file.ts';
import { type CommandParts, runCommand } from './run-command.ts';

/**
 * Brings one attempt to its final record, from wherever an earlier runner of it was killed: at most one
 * runner holds the attempt, and its command is started at most once. Resolves to the exit code of the runner.
 */
export async function runAttempt(folder: string, clock: Clock = systemClock): Promise<number> {
  const files = attemptFiles(folder);
  const spec = await readJson<AttemptSpec>(files.spec);
  if (spec === null) throw new Error(`${files.spec} is missing or damaged.`);
  await mkdir(files.state, { recursive: true });
  const lease = await tryLease(files.lock);
  if (lease === null) return 0;
  await using _lease = lease;
  if (existsSync(files.closed) || existsSync(files.final)) return 0;
  failpoint('after_claim');
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.once(signal, () => stop.abort(new Error(signal)));
  await reserveFile(files.final);
  await reserveFile(files.exit);
  const marker = { name: ATTEMPT_MARKER, value: spec.attempt };
  const exit = await withLog(files.log, spec, (log) =>
    reachExit({ clock, files, spec, log, marker, interrupt: stop.signal }),
  );
  failpoint('before_golden');
  const final = await reachGolden({ files, spec, exit, marker, signal: stop.signal });
  failpoint('before_final');
  await writeReserved(files.final, final satisfies FinalRecord);
  return 0;
}

async function withLog<T>(path: string, spec: AttemptSpec, act: (log: BoundedLog) => Promise<T>): Promise<T> {
  const size = await stat(path).then(
    (info) => info.size,
    () => 0,
  );
  using log = new BoundedLog(path, { headBytes: spec.logHeadBytes, tailBytes: spec.logTailBytes }, size);
  // Awaited here: the log is closed when this returns.
  return await act(log);
}

async function reachExit(parts: CommandParts): Promise<ExitRecord> {
  const { files, clock, marker } = parts;
  const known = await readJson<ExitRecord>(files.exit);
  if (known) {
    // The runner that saw it end was killed before it had cleared up.
    await killMarked(marker);
    return known;
  }
  const stop = await readJson<StopRequest>(files.stop);
  if (!existsSync(files.intent) && stop === null) return runCommand(parts);
  const exit = existsSync(files.intent) ? await endOrphans(parts, stop) : neverRan(stop?.reason ?? 'lost', clock.now());
  await writeReserved(files.exit, exit);
  return exit;
}

// An earlier runner died with its command running: its exit code can't be known any more, and it must not go on.
async function endOrphans({ files, clock, log, marker }: CommandParts, stop: StopRequest | null): Promise<ExitRecord> {
  log.note('the runner was killed; ending what it had started');
  const child = await readJson<ChildRecord>(files.child);
  const living = child?.identity && identify(child.pid);
  if (living && child.identity && isSameProcess(living, child.identity))
    await killTree(child.pid, { graceMs: 0, marker });
  await killMarked(marker);
  failpoint('after_orphans');
  const intent = await readJson<{ startedAt: number }>(files.intent);
  const now = clock.now();
  return { ...neverRan(stop?.reason ?? 'lost', now), startedAt: intent?.startedAt ?? now };
}

function neverRan(ended: ExitRecord['ended'], now: number): ExitRecord {
  return { ended, code: null, signal: null, oom: false, startedAt: now, endedAt: now };
}

if (import.meta.main) {
  const [, , folder = ''] = process.argv;
  process.exitCode = await runAttempt(folder);
}
