import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { identify, readStat } from './identity.ts';

/** An environment variable that everything started by one owner carries, also in new sessions and groups. */
export interface Marker {
  readonly name: string;
  readonly value: string;
}

/** Live processes that carry the marker, this one excepted. Linux only: elsewhere an environment can't be read. */
export function findMarked({ name, value }: Marker): number[] {
  const marker = `${name}=${value}`;
  return linuxPids().filter(
    (pid) => pid !== process.pid && readList(`/proc/${pid}/environ`).includes(marker) && identify(pid) !== null,
  );
}

/** Live processes of a group. */
export function findGroup(group: number): number[] {
  if (process.platform === 'linux') return linuxPids().filter((pid) => readStat(pid)?.group === group);
  try {
    const lines = execFileSync('ps', ['-ax', '-o', 'pid=,pgid=,stat='], { encoding: 'utf8' }).split('\n');
    return lines
      .map((line) => line.trim().split(/\s+/))
      .filter(([, of, state = 'Z']) => Number(of) === group && !state.startsWith('Z'))
      .map(([pid]) => Number(pid));
  } catch {
    return [];
  }
}

/** The words that a process was started with; empty when it can't be seen. Linux only. */
export function commandLine(pid: number): string[] {
  return readList(`/proc/${pid}/cmdline`).slice(0, -1);
}

function linuxPids(): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
}

function readList(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\0');
  } catch {
    return [];
  }
}
