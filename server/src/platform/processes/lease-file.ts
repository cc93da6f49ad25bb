import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDurably, readJson, writeDurably } from './durable-file.ts';
import { isAlive, isKnownDead, ownIdentity, type ProcessIdentity } from './identity.ts';

interface Holder {
  readonly identity: ProcessIdentity;
  readonly released: boolean;
}

const POLL_MS = 200;
const TOUCH_MS = 5_000;
/** A holder on another machine cannot be looked at; it is gone when it was silent for so long. */
const SILENT_MS = 60_000;

/** Held until disposed. */
export interface FileLease extends AsyncDisposable {
  readonly generation: number;
}

/**
 * Takes the lock that `path` names, or answers `null` while another process holds it. Each holder writes a
 * generation of its own (`path.1`, `path.2` …), made only when the one before was released or its process is
 * gone; so two who take over from the same dead holder can't both get it.
 */
export async function tryLease(path: string): Promise<FileLease | null> {
  const last = await lastGeneration(path);
  if (!(await isFree(path, last))) return null;
  const generation = last + 1;
  const own = `${path}.${generation}`;
  const holder: Holder = { identity: ownIdentity(), released: false };
  if (!(await createDurably(own, JSON.stringify(holder)))) return null;
  // Somebody may have taken, released and cleared this generation since it was looked up.
  if ((await lastGeneration(path)) !== generation) {
    await rm(own, { force: true });
    return null;
  }
  for (let old = last; old > 0 && old > last - 10; old -= 1) await rm(`${path}.${old}`, { force: true });
  const touch = setInterval(() => {
    const now = Date.now() / 1000;
    utimes(own, now, now).catch(() => {});
  }, TOUCH_MS);
  touch.unref();
  return {
    generation,
    async [Symbol.asyncDispose]() {
      clearInterval(touch);
      await writeDurably(own, JSON.stringify({ ...holder, released: true } satisfies Holder));
    },
  };
}

/** Waits until the lock is free. `onWait` is called once if it isn't. */
export async function takeLease(path: string, signal?: AbortSignal, onWait?: () => void): Promise<FileLease> {
  for (let tries = 0; ; tries += 1) {
    signal?.throwIfAborted();
    const lease = await tryLease(path);
    if (lease) return lease;
    if (tries === 1) onWait?.();
    await sleep(POLL_MS, undefined, signal ? { signal } : {});
  }
}

/** True when nobody holds the lock: never taken, released, or its holder is gone. */
export async function isLeaseFree(path: string): Promise<boolean> {
  return isFree(path, await lastGeneration(path));
}

/** Who took the lock last, if it was not released. */
export async function leaseHolder(path: string): Promise<ProcessIdentity | null> {
  const holder = await readJson<Holder>(`${path}.${await lastGeneration(path)}`);
  return holder === null || holder.released ? null : holder.identity;
}

async function lastGeneration(path: string): Promise<number> {
  const prefix = `${basename(path)}.`;
  const names = await readdir(dirname(path)).catch(() => []);
  const generations = names
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)));
  return Math.max(0, ...generations);
}

async function isFree(path: string, generation: number): Promise<boolean> {
  if (generation === 0) return true;
  const file = `${path}.${generation}`;
  const holder = await readJson<Holder>(file);
  if (holder === null) return false;
  if (holder.released || isKnownDead(holder.identity)) return true;
  if (isAlive(holder.identity)) return false;
  const info = await stat(file).catch(() => null);
  return info !== null && Date.now() - info.mtimeMs > SILENT_MS;
}
