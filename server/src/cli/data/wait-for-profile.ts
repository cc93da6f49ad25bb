import { setTimeout as sleep } from 'node:timers/promises';
import type { Io } from '../command.ts';
import { withRetries } from '../retry.ts';
import { getVersion, shortRef, type Version } from './version.ts';

const POLL_MS = 200;
const PATIENCE_MS = 10 * 60_000;
const NOTE_AFTER_MS = 1_000;

/** Waits until schema and profile are computed, or failed; ten minutes at most, then answers what is. */
export async function waitForProfile(io: Io, version: Version): Promise<Version> {
  const started = performance.now();
  let said = false;
  for (let now = version; ; ) {
    const waited = performance.now() - started;
    if (now.profile.state !== 'pending' || waited > PATIENCE_MS) return now;
    if (!said && waited > NOTE_AFTER_MS) {
      io.note(`Waiting for schema and profile of ${shortRef(version)}…`);
      said = true;
    }
    await sleep(POLL_MS, undefined, { signal: io.signal });
    const ref = { name: version.name, version: String(version.number) };
    now = await withRetries(io, () => getVersion(io.client, ref, io.signal));
  }
}
