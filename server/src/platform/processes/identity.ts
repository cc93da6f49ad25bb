import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Names one process for ever: pids are used again, but not with the same start time and boot. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** Start time as the system counts it: clock ticks since boot on Linux. */
  readonly startedAt: string;
  readonly bootId: string;
}

let ownBootId: string | undefined;

function bootId(): string {
  ownBootId ??= readBootId();
  return ownBootId;
}

function readBootId(): string {
  try {
    if (process.platform === 'linux') return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

/** Identity of a live process, or `null` when there is none (a zombie counts as none). */
export function identify(pid: number): ProcessIdentity | null {
  const startedAt = process.platform === 'linux' ? linuxStart(pid) : psStart(pid);
  return startedAt === null ? null : { host: hostname(), pid, startedAt, bootId: bootId() };
}

export function ownIdentity(): ProcessIdentity {
  const identity = identify(process.pid);
  if (!identity) throw new Error('This process cannot read its own identity.');
  return identity;
}

/** True while that very process lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.host !== hostname() || identity.bootId !== bootId()) return false;
  return identify(identity.pid)?.startedAt === identity.startedAt;
}

/** True when the process is known to be gone: it was of this host, and does not live. */
export function isKnownDead(identity: ProcessIdentity): boolean {
  return identity.host === hostname() && !isAlive(identity);
}

// Field 22 of stat, counted after the last ')': the command in between may hold anything.
function linuxStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    return state === 'Z' || state === 'X' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

function psStart(pid: number): string | null {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    const [state = '', ...start] = line.split(/\s+/);
    return line === '' || state.startsWith('Z') ? null : start.join(' ');
  } catch {
    return null;
  }
}
