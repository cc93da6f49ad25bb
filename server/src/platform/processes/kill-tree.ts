import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify } from './identity.ts';

const POLL_MS = 50;

/** Sends a signal to a whole process group; a group that is gone is fine. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Live processes whose environment holds `NAME=value`: a marker survives new sessions and groups,
 * so that nothing that a job started can hide. Linux only; elsewhere the group must do.
 */
export function findMarked(name: string, value: string): number[] {
  if (process.platform !== 'linux') return [];
  const marker = `${name}=${value}`;
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => pid !== process.pid && environmentOf(pid).includes(marker) && identify(pid) !== null);
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** SIGTERM to the group, grace, SIGKILL to the group, then whatever still carries the marker. */
export async function killTree(
  leader: number,
  options: { graceMs: number; marker?: { name: string; value: string } },
): Promise<void> {
  const remaining = () => (options.marker ? findMarked(options.marker.name, options.marker.value) : []);
  const alive = () => identify(leader) !== null || remaining().length > 0;
  signalGroup(leader, 'SIGTERM');
  for (const end = Date.now() + options.graceMs; alive() && Date.now() < end; ) await sleep(POLL_MS);
  signalGroup(leader, 'SIGKILL');
  for (const pid of remaining()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself in the meantime.
    }
  }
}
