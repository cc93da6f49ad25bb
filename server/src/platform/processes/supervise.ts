import { setTimeout as sleep } from 'node:timers/promises';
import { readJson, writeDurably } from './durable-file.ts';
import { commandLine, findMarked } from './find-processes.ts';
import { identify, isAlive, type ProcessIdentity } from './identity.ts';
import { killTree } from './kill-tree.ts';
import { type DetachedCommand, spawnDetached } from './spawn-detached.ts';

export interface Supervised extends DetachedCommand {
  readonly name: string;
  /** Where its identity stands, so that the next supervisor adopts it. */
  readonly stateFile: string;
}

export interface SupervisedEvent {
  readonly name: string;
  readonly what: 'started' | 'adopted' | 'died';
  readonly pid: number;
}

export interface SuperviseOptions {
  /** Wait before a restart; grows while it dies at once. */
  readonly restartDelayMs: number;
  readonly onEvent: (event: SupervisedEvent) => void;
  readonly signal: AbortSignal;
}

const POLL_MS = 100;
const HEALTHY_MS = 10_000;
const LONGEST_DELAY_MS = 30_000;
const MARKER = 'BUCLE_SUPERVISED';

/** The identity that a supervisor wrote last, alive or not. */
export function readState(stateFile: string): Promise<ProcessIdentity | null> {
  return readJson<ProcessIdentity>(stateFile);
}

/** Keeps one detached process alive until aborted; adopts it when it lives already. Leaves it alive at the end. */
export async function supervise(target: Supervised, options: SuperviseOptions): Promise<void> {
  let delay = options.restartDelayMs;
  while (!options.signal.aborted) {
    const identity = await adoptOrStart(target, options);
    const began = performance.now();
    while (identity && isAlive(identity) && !options.signal.aborted) await pause(POLL_MS, options.signal);
    if (options.signal.aborted) return;
    options.onEvent({ name: target.name, what: 'died', pid: identity?.pid ?? 0 });
    // What dies again at once is waited for longer each time; the first restart comes after the declared delay.
    const healthy = performance.now() - began > HEALTHY_MS;
    await pause(healthy ? options.restartDelayMs : delay, options.signal);
    delay = healthy ? options.restartDelayMs : Math.min(LONGEST_DELAY_MS, Math.max(100, delay * 2));
  }
}

async function adoptOrStart(target: Supervised, { onEvent }: SuperviseOptions): Promise<ProcessIdentity | null> {
  const known = await readState(target.stateFile);
  const living = known !== null && isAlive(known) ? known : findStarted(target);
  if (living !== null) {
    if (living !== known) await writeDurably(target.stateFile, JSON.stringify(living));
    onEvent({ name: target.name, what: 'adopted', pid: living.pid });
    return living;
  }
  const identity = await spawnDetached({ ...target, env: { ...target.env, [MARKER]: target.stateFile } });
  if (identity !== null) await writeDurably(target.stateFile, JSON.stringify(identity));
  onEvent({ name: target.name, what: 'started', pid: identity?.pid ?? 0 });
  return identity;
}

// A supervisor that was killed between the start and its note of it left a process without a state file. What
// that process starts inherits the marker, but not its words.
function findStarted({ command, args, stateFile }: Supervised): ProcessIdentity | null {
  const words = JSON.stringify([command, ...args]);
  const pid = findMarked({ name: MARKER, value: stateFile }).find(
    (candidate) => JSON.stringify(commandLine(candidate)) === words,
  );
  return pid === undefined ? null : identify(pid);
}

/** Asks a supervised process to stop, then makes it stop; false when it did not live. */
export async function stopSupervised(stateFile: string, graceMs: number): Promise<boolean> {
  const identity = await readState(stateFile);
  if (identity === null || !isAlive(identity)) return false;
  await killTree(identity.pid, { graceMs });
  return true;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
