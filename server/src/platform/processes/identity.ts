import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Names one process for ever: pids are used again, but not with the same start time, boot and pid namespace. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** Start time as the system counts it: clock ticks since boot on Linux. */
  readonly startedAt: string;
  readonly bootId: string;
  /** Pid namespace (a container has its own); empty where there is none. */
  readonly namespace: string;
}

type Place = Pick<ProcessIdentity, 'bootId' | 'namespace'>;

let ownPlace: Place | undefined;

function place(): Place {
  ownPlace ??= { bootId: readBootId(), namespace: readNamespace() };
  return ownPlace;
}

function readBootId(): string {
  try {
    if (process.platform === 'linux') return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

function readNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** Identity of a live process, or `null` when there is none (a zombie counts as none). */
export function identify(pid: number): ProcessIdentity | null {
  const startedAt = process.platform === 'linux' ? linuxStart(pid) : psStart(pid);
  return startedAt === null ? null : { host: hostname(), pid, startedAt, ...place() };
}

export function ownIdentity(): ProcessIdentity {
  const identity = identify(process.pid);
  if (!identity) throw new Error('This process cannot read its own identity.');
  return identity;
}

/** True when both name the same process. */
export function isSameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.startedAt === b.startedAt && isSamePlace(a, b);
}

/** True while that very process lives, as far as it can be seen from here. */
export function isAlive(identity: ProcessIdentity): boolean {
  return isSamePlace(identity, place()) && identify(identity.pid)?.startedAt === identity.startedAt;
}

/**
 * True when the process is gone for certain: it is not among the processes seen from here, or this
 * machine has booted since. A process of another machine or container is never known to be dead.
 */
export function isKnownDead(identity: ProcessIdentity): boolean {
  if (isSamePlace(identity, place())) return !isAlive(identity);
  return identity.host === hostname() && identity.bootId !== place().bootId;
}

function isSamePlace(a: Place, b: Place): boolean {
  return a.bootId === b.bootId && a.namespace === b.namespace;
}

/** One line of /proc/PID/stat; the command in its parentheses may hold anything, so count after the last ')'. */
export function parseStat(stat: string): { state: string; group: number; startedAt: string } | null {
  const end = stat.lastIndexOf(')');
  const fields = stat.slice(end + 2).split(' ');
  const [state, , group] = fields;
  const startedAt = fields[19];
  if (end < 0 || state === undefined || startedAt === undefined) return null;
  return { state, group: Number(group), startedAt };
}

/** State, group and start of a process on Linux; `null` when there is none, or a zombie. */
export function readStat(pid: number): ReturnType<typeof parseStat> {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return stat === null || stat.state === 'Z' || stat.state === 'X' ? null : stat;
  } catch {
    return null;
  }
}

function linuxStart(pid: number): string | null {
  return readStat(pid)?.startedAt ?? null;
}

function psStart(pid: number): string | null {
  try {
    const options = { encoding: 'utf8', env: { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' } } as const;
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], options).trim();
    const [state = '', ...start] = line.split(/\s+/);
    return line === '' || state.startsWith('Z') ? null : start.join(' ');
  } catch {
    return null;
  }
}
