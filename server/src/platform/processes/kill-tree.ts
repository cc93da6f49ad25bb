import { setTimeout as sleep } from 'node:timers/promises';
import { findGroup, findMarked, type Marker } from './find-processes.ts';

const POLL_MS = 50;
/** How long a killed process may take to be gone: longer only in uninterruptible waits of the kernel. */
const KILLED_MS = 5_000;

export type { Marker };

export interface KillOptions {
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** Finds what left the group. */
  readonly marker?: Marker;
}

/** Sends a signal to a whole process group; a group that is gone is fine. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  signalOne(-group, signal);
}

/**
 * SIGTERM to the group, grace, then SIGKILL to the group and to whatever still carries the marker, until
 * nothing is left. Resolves to whether SIGKILL was needed. Check the identity of the leader before.
 */
export async function killTree(group: number, { graceMs, marker }: KillOptions): Promise<{ killed: boolean }> {
  const remaining = () => [...new Set([...findGroup(group), ...(marker ? findMarked(marker) : [])])];
  signalGroup(group, 'SIGTERM');
  if (await untilNone(remaining, graceMs)) return { killed: false };
  signalGroup(group, 'SIGKILL');
  await killAll(remaining);
  return { killed: true };
}

/** SIGKILL to everything that carries the marker, until nothing is left. */
export async function killMarked(marker: Marker): Promise<void> {
  await killAll(() => findMarked(marker));
}

/** Again and again, since what is being killed may be starting others. */
async function killAll(remaining: () => number[]): Promise<void> {
  for (const end = performance.now() + KILLED_MS; ; await sleep(POLL_MS)) {
    const pids = remaining();
    if (pids.length === 0) return;
    if (performance.now() > end) throw new Error(`The processes ${pids.join(', ')} do not die.`);
    for (const pid of pids) signalOne(pid, 'SIGKILL');
  }
}

async function untilNone(remaining: () => number[], ms: number): Promise<boolean> {
  for (const end = performance.now() + ms; ; await sleep(POLL_MS)) {
    if (remaining().length === 0) return true;
    if (performance.now() >= end) return false;
  }
}

function signalOne(pid: number, signal: NodeJS.Signals): void {
  // Zero is our own group, -1 is everybody.
  if (Math.abs(pid) <= 1) throw new Error(`There is no process ${pid} to send ${signal} to.`);
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
