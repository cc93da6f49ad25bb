import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '@bucle/client';
import type { Log } from '../../../platform/log.ts';
import { DESIRED_STATE_PATH, type DesiredState } from '../../deploy/index.ts';
import type { ControlServer } from './control-server.ts';
import { checkState } from './last-state.ts';

const WAIT_S = 20;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 5_000;

export interface PullParts {
  readonly server: ControlServer;
  readonly log: Log;
}

export interface Pulling {
  /** Revision that the gateway has. */
  revision(): number | null;
  /** A state with another revision came. */
  onState(state: DesiredState): Promise<void>;
}

/** Asks for the desired state again and again; while nobody answers, what was told last stays in force. */
export function pullState(parts: PullParts, pulling: Pulling): AsyncDisposable {
  const stop = new AbortController();
  const running = pull(parts, pulling, stop.signal);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

async function pull({ server, log }: PullParts, pulling: Pulling, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const error = await turn(server, pulling, signal).then(
      () => null,
      (reason: unknown) => reason,
    );
    if (signal.aborted) return;
    if (error === null) {
      if (failures > 0) log.info('the control server answers again');
      failures = 0;
      continue;
    }
    failures += 1;
    if (failures === 1) log.warn({ err: error }, 'no desired state from the control server; the last one stays');
    const delay = Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS);
    await sleep(delay, undefined, { signal }).catch(() => {});
  }
}

async function turn(server: ControlServer, pulling: Pulling, signal: AbortSignal): Promise<void> {
  const state = await ask(server, pulling.revision(), signal);
  if (state !== null) await pulling.onState(state);
}

async function ask(server: ControlServer, revision: number | null, signal: AbortSignal): Promise<DesiredState | null> {
  const query = { wait: WAIT_S, ...(revision === null ? {} : { revision }) };
  try {
    const answer = await server.send('GET', DESIRED_STATE_PATH, { query, signal });
    return checkState(await answer.json());
  } catch (error) {
    if (error instanceof ApiError && error.status === 304) return null;
    throw error;
  }
}
