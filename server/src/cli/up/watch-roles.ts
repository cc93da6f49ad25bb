import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { boundFile } from '../../platform/processes/bounded-file.ts';
import { isAlive } from '../../platform/processes/identity.ts';
import { clearStartNote, readNoteOf, readStartNote } from '../../platform/processes/start-note.ts';
import { readState, type SupervisedEvent, stopSupervised, supervise } from '../../platform/processes/supervise.ts';
import { upErrors } from './errors.ts';
import type { Role } from './places.ts';

const POLL_MS = 50;
const LOG_LIMIT = 32 * 1024 * 1024;
const LOG_CHECK_MS = 60_000;
const TRIES = 3;
/** A gateway answers what it has accepted, a server ends its requests; then they are made to stop. */
export const STOP_GRACE_MS = 15_000;

export interface WatchOptions {
  readonly restartDelayMs: number;
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface WatchedRole extends AsyncDisposable {
  /** Resolves to its process when it is ready for the first time. @throws UP_REFUSED, UP_CRASHED */
  readonly ready: Promise<number>;
  /** Rejects when it can be looked after no more. */
  readonly failed: Promise<never>;
}

/** Keeps one role alive, tells what happens to it, and knows when it is ready. Disposal leaves it as it is. */
export async function watchRole(role: Role, options: WatchOptions): Promise<WatchedRole> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const logStart = await boundFile(role.logFile, LOG_LIMIT);
  const bounding = setInterval(() => void boundFile(role.logFile, LOG_LIMIT).catch(() => {}), LOG_CHECK_MS);
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {});
  let isReady = false;
  let deaths = 0;
  const onDeath = async (pid: number) => {
    deaths += 1;
    const outcome = await readNoteOf(role.noteFile, pid);
    if (outcome?.kind === 'refused' && !isReady) {
      ended.reject(upErrors.REFUSED({ message: outcome.message, hint: outcome.next ?? `Its log is ${role.logFile}.` }));
    } else if (!isReady && deaths >= TRIES) {
      const tail = await readTail(role.logFile, logStart);
      ended.reject(upErrors.CRASHED({ role: role.name, times: deaths, tail, log: role.logFile }));
    } else if (isReady) {
      options.note(deathLine(role, outcome?.kind === 'refused' ? outcome.message : null, options.restartDelayMs));
    }
  };
  const onEvent = ({ what, pid }: SupervisedEvent) => {
    if (what === 'died') onDeath(pid).catch(ended.reject);
    else if (isReady && what === 'started') tellWhenBack(role, pid, { ...options, signal }).catch(() => {});
  };
  await clearStaleNote(role);
  const supervision = supervise(role, { restartDelayMs: options.restartDelayMs, onEvent, signal });
  supervision.catch(ended.reject);
  const ready = Promise.race([untilReady(role, signal), ended.promise]).then((pid) => {
    isReady = true;
    return pid;
  });
  ready.catch(() => {});
  return {
    ready,
    failed: ended.promise,
    async [Symbol.asyncDispose]() {
      clearInterval(bounding);
      stop.abort();
      await supervision.catch(() => {});
    },
  };
}

/** What lives with other settings than these is stopped, so that it starts with them. */
export async function stopIfChanged(role: Role, settings: string): Promise<boolean> {
  const identity = await readState(role.stateFile);
  if (identity === null || !isAlive(identity)) return false;
  const outcome = await readStartNote(role.noteFile, identity);
  if (outcome?.kind !== 'ready' || outcome.settings === settings) return false;
  return stopSupervised(role.stateFile, STOP_GRACE_MS);
}

async function clearStaleNote(role: Role): Promise<void> {
  const identity = await readState(role.stateFile);
  if (identity === null || !isAlive(identity)) await clearStartNote(role.noteFile);
}

/** Resolves to the pid of the role as soon as the process that lives now has said that it is ready. */
async function untilReady(role: Role, signal: AbortSignal): Promise<number> {
  for (; ; await sleep(POLL_MS, undefined, { signal })) {
    const identity = await readState(role.stateFile);
    if (identity === null || !isAlive(identity)) continue;
    const outcome = await readStartNote(role.noteFile, identity);
    if (outcome?.kind === 'ready') return identity.pid;
  }
}

async function tellWhenBack(role: Role, pid: number, { note, signal }: WatchOptions): Promise<void> {
  const began = performance.now();
  if ((await untilReady(role, signal)) === pid) {
    note(`${role.name} is back (process ${pid}, ${((performance.now() - began) / 1000).toFixed(1)} s).`);
  }
}

function deathLine({ name, logFile }: Role, reason: string | null, delayMs: number): string {
  const again = delayMs >= 1000 ? ` in ${delayMs / 1000} s` : '';
  return reason === null
    ? `${name} died; it is started again${again}. Its log: ${logFile}`
    : `${name} does not start: ${reason} It is tried again, each time a little later.`;
}

const TAIL_BYTES = 4_000;

async function readTail(path: string, from: number): Promise<string> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const start = Math.max(Math.min(from, size), size - TAIL_BYTES);
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(size - start), position: start });
  const lines = buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n').slice(-12);
  return lines.map((line) => `  | ${line}`).join('\n');
}
