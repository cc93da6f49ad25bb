import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../../platform/log.ts';
import { OBSERVATIONS_PATH, type ObservationReport } from '../../deploy/index.ts';
import type { ControlServer } from './control-server.ts';

const REPEAT_MS = 10_000;
/** What changes together goes together. */
const GATHER_MS = 20;
const RETRY_MS = 1_000;

export interface Reporter extends AsyncDisposable {
  /** Something changed: tell it soon. */
  news(): void;
}

interface Parts {
  readonly server: ControlServer;
  readonly log: Log;
}

/** Tells the control server all that this gateway sees, on each change and every 10 s. */
export function reportObservations(parts: Parts, report: () => ObservationReport): Reporter {
  const stop = new AbortController();
  const bell = createBell(stop.signal);
  const loop = async () => {
    for (let failures = 0; !stop.signal.aborted; ) {
      failures = (await send(parts, report(), { signal: stop.signal, failures })) ? 0 : failures + 1;
      await bell.wait(failures === 0 ? REPEAT_MS : RETRY_MS);
      await rest(GATHER_MS, stop.signal);
    }
  };
  const running = loop();
  return {
    news: bell.ring,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

async function send(
  { server, log }: Parts,
  report: ObservationReport,
  { signal, failures }: { readonly signal: AbortSignal; readonly failures: number },
): Promise<boolean> {
  try {
    await server.send('POST', OBSERVATIONS_PATH, { json: report, signal });
    return true;
  } catch (error) {
    if (failures === 0 && !signal.aborted) log.debug({ err: error }, 'the observations were not taken');
    return false;
  }
}

/** Ends a wait early; what rings while nobody waits ends the next one at once. */
function createBell(stop: AbortSignal): { readonly ring: () => void; wait(ms: number): Promise<void> } {
  let bell = new AbortController();
  return {
    ring: () => bell.abort(),
    async wait(ms) {
      await rest(ms, AbortSignal.any([stop, bell.signal]));
      bell = new AbortController();
    },
  };
}

function rest(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => {});
}
