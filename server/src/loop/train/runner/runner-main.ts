import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { type Clock, systemClock } from '../../../platform/clock.ts';
import { failpoint } from '../../../platform/config/failpoint.ts';
import { readJson } from '../../../platform/processes/durable-file.ts';
import { identify, isSameProcess } from '../../../platform/processes/identity.ts';
import { killMarked, killTree, type Marker } from '../../../platform/processes/kill-tree.ts';
import { tryLease } from '../../../platform/processes/lease-file.ts';
import {
  ATTEMPT_MARKER,
  type AttemptFiles,
  type AttemptSpec,
  attemptFiles,
  type ChildRecord,
  type ExitRecord,
  type FinalRecord,
  type GoldenRecord,
  type StopRequest,
} from './attempt-folder.ts';
import { BoundedLog } from './bounded-log.ts';
import { recordGolden } from './record-golden.ts';
import { reserveFile, writeReserved } from './reserved-file.ts';
import { runCommand } from './run-command.ts';

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
  const size = await stat(files.log).then(
    (info) => info.size,
    () => 0,
  );
  const exit = await (async () => {
    using log = new BoundedLog(files.log, { headBytes: spec.logHeadBytes, tailBytes: spec.logTailBytes }, size);
    return reachExit({ clock, files, spec, log, marker, interrupt: stop.signal });
  })();
  failpoint('before_golden');
  const golden = await reachGolden({ files, spec, exit, marker, signal: stop.signal });
  failpoint('before_final');
  await writeReserved(files.final, { exit, golden } satisfies FinalRecord);
  return 0;
}

type Parts = Parameters<typeof runCommand>[0];

async function reachExit(parts: Parts): Promise<ExitRecord> {
  const { files, clock } = parts;
  const known = await readJson<ExitRecord>(files.exit);
  if (known) return known;
  const stop = await readJson<StopRequest>(files.stop);
  const exit = existsSync(files.intent)
    ? await endOrphans(parts, stop)
    : stop === null
      ? await runCommand(parts)
      : neverRan(stop.reason, clock.now());
  failpoint('before_exit_file');
  await writeReserved(files.exit, exit);
  failpoint('after_exit_file');
  return exit;
}

// An earlier runner died with its command running: its exit code can't be known any more, and it must not go on.
async function endOrphans({ files, clock, log, marker }: Parts, stop: StopRequest | null): Promise<ExitRecord> {
  log.note('the runner was killed; ending what it had started');
  const child = await readJson<ChildRecord>(files.child);
  const living = child?.identity && identify(child.pid);
  if (living && child.identity && isSameProcess(living, child.identity))
    await killTree(child.pid, { graceMs: 0, marker });
  await killMarked(marker);
  const intent = await readJson<{ startedAt: number }>(files.intent);
  const now = clock.now();
  return { ...neverRan(stop?.reason ?? 'lost', now), startedAt: intent?.startedAt ?? now };
}

function neverRan(ended: ExitRecord['ended'], now: number): ExitRecord {
  return { ended, code: null, signal: null, oom: false, startedAt: now, endedAt: now };
}

async function reachGolden(parts: {
  files: AttemptFiles;
  spec: AttemptSpec;
  exit: ExitRecord;
  marker: Marker;
  signal: AbortSignal;
}): Promise<GoldenRecord | null> {
  const { files, spec, exit, marker, signal } = parts;
  if (spec.golden === null || exit.ended !== 'exited' || exit.code !== 0) return null;
  // The recorder of a runner that was killed may still be at it.
  await killMarked(marker);
  using log = new BoundedLog(files.log, { headBytes: Number.MAX_SAFE_INTEGER, tailBytes: 1 });
  const record = await recordGolden({ golden: spec.golden, cwd: files.work, log, signal });
  if (record.reason !== null) log.note(record.reason);
  return record;
}

if (import.meta.main) {
  const [, , folder = ''] = process.argv;
  process.exitCode = await runAttempt(folder);
}
