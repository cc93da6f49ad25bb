import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '@bucle/client';
import type { Io } from './command.ts';

/** How long a server may be away before a command gives up. */
const PATIENCE_MS = 60_000;
const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 5_000;

/** True when the same request may succeed later: nobody answered, the answer broke off, or the server says so. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ApiError) return [0, 408, 429, 502, 503, 504].includes(error.status);
  // What fetch throws when a connection ends in the middle of a body.
  return error instanceof TypeError && /terminated|fetch failed|network/i.test(error.message);
}

/** Milliseconds before try `failures + 1`; spread, so that many that failed together do not come back together. */
export function retryDelay(failures: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(16, failures - 1)) * (0.75 + Math.random() / 2);
}

/** Waits between two tries of something idempotent; says once that it does. */
export interface Patience {
  /** @throws the error itself when it is not transient, or after too long */
  wait(error: unknown): Promise<void>;
  /** Something went well: the time starts anew. */
  reset(): void;
}

export function createPatience({ note, signal }: Pick<Io, 'note' | 'signal'>, patienceMs = PATIENCE_MS): Patience {
  let failures = 0;
  let since = 0;
  return {
    async wait(error) {
      if (signal.aborted || !isTransient(error)) throw error;
      const problem = error instanceof ApiError ? error : brokenOff(error);
      if (failures === 0) {
        since = performance.now();
        note(`${problem.message} Trying again…`);
      }
      if (performance.now() - since > patienceMs) throw problem;
      failures += 1;
      await sleep(retryDelay(failures), undefined, { signal });
    },
    reset() {
      failures = 0;
    },
  };
}

function brokenOff(cause: unknown): ApiError {
  return new ApiError({
    status: 0,
    code: 'CLIENT_BROKEN_OFF',
    title: `The answer of the server broke off (${(cause as Error).message}).`,
    next: 'Run it again to go on; if it happens again, the log of the server says why.',
  });
}

/** Tries something idempotent again while the server is away or busy. @throws the last error */
export async function withRetries<T>(io: Pick<Io, 'note' | 'signal'>, task: () => Promise<T>): Promise<T> {
  const patience = createPatience(io);
  for (;;) {
    try {
      return await task();
    } catch (error) {
      await patience.wait(error);
    }
  }
}
