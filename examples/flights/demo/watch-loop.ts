import { setTimeout as sleep } from 'node:timers/promises';
import type { Place } from '../../../scripts/bucle-command.ts';
import { get } from './api.ts';
import type { Pace } from './send-flights.ts';

export interface Firing {
  readonly id: string;
  readonly number: number;
  readonly state: string;
  readonly because: readonly string[];
  readonly alerts: readonly string[];
  readonly event_time: number | null;
  readonly training: string | null;
  readonly holdout_rows: number | null;
  readonly job: string | null;
  readonly version: string | null;
  readonly champion: string | null;
  readonly decision: string | null;
  readonly rollout: string | null;
  readonly outcome: string | null;
  readonly summary: string | null;
}

export interface Watch extends Pace, AsyncDisposable {
  /** Resolves when no firing is open. */
  settle(): Promise<void>;
}

export interface WatchOptions {
  /** Each state of each firing, once. */
  readonly onChange: (firing: Firing) => void;
  /** While a rollout is open: milliseconds that each caller rests between two requests. */
  readonly restMs: number;
}

const POLL_MS = 250;

/**
 * A replay passes a week in two seconds, and training takes its time: while a job is open the callers wait, and while a
 * rollout is open they walk, so that the canary has its traffic.
 */
export function watchLoop(place: Place, endpoint: string, { onChange, restMs }: WatchOptions): Watch {
  const seen = new Map<string, string>();
  const stop = new AbortController();
  let open: readonly Firing[] = [];
  const look = async () => {
    const { firings } = await get<{ firings: Firing[] }>(place, `/api/v1/firings?endpoint=${endpoint}&limit=100`);
    for (const firing of firings.toReversed()) {
      if (seen.get(firing.id) === firing.state) continue;
      seen.set(firing.id, firing.state);
      onChange(firing);
    }
    open = firings.filter(({ state }) => state !== 'done');
  };
  const looking = (async () => {
    while (!stop.signal.aborted) {
      await look();
      await sleep(POLL_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
  })();
  let failure: Error | null = null;
  looking.catch((error: unknown) => {
    failure = error instanceof Error ? error : new Error(String(error));
  });
  const paused = () => open.some(({ state }) => state !== 'rolling_out');
  return {
    async next() {
      for (;;) {
        if (failure) throw failure;
        if (!paused()) return open.length > 0 ? restMs : 0;
        await sleep(50);
      }
    },
    async settle() {
      do {
        await look();
        await sleep(100);
      } while (open.length > 0);
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await looking.catch(() => {});
    },
  };
}
