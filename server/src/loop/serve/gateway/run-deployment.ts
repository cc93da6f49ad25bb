import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '@bucle/client';
import { BringUpFailure } from '../../../engines/bring-up-failure.ts';
import type { EngineKind } from '../../../engines/engine.ts';
import type { ParityReport } from '../../../engines/parity-report.ts';
import { wasProved } from '../../../engines/verify-engine.ts';
import type { Clock } from '../../../platform/clock.ts';
import { BucleError } from '../../../platform/errors.ts';
import type { Observation } from '../../deploy/index.ts';
import { type BringUpParts, bringUp, type Serving, type Target } from './bring-up.ts';
import { isPassing } from './control-server.ts';

export interface DeploymentStatus {
  readonly state: Observation['state'];
  readonly engine: EngineKind | null;
  readonly reason: string | null;
  readonly parity: ParityReport | null;
  readonly onnxParity: ParityReport | null;
  /** Gateway's clock, milliseconds. */
  readonly since: number;
}

/** A deployment on its way to serving, serving, or failed. */
export interface RunningDeployment extends AsyncDisposable {
  readonly target: Target;
  readonly status: DeploymentStatus;
  /** Null until it is ready. */
  readonly serving: Serving | null;
}

export interface DeploymentParts extends Omit<BringUpParts, 'signal' | 'progress'> {
  readonly clock: Clock;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** Whatever is no answer of the control server may be a defect: it is not repeated for ever. */
const STRANGE_TRIES = 5;
/** Disk, memory or descriptors may be there again later. */
const SCARCE: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'ENOMEM', 'EMFILE', 'ENFILE', 'EAGAIN']);

/** Brings the deployment up, however often that must be tried. Disposing answers what was accepted, then closes it. */
export function runDeployment(parts: DeploymentParts, target: Target, onChange: () => void): RunningDeployment {
  const stop = new AbortController();
  let status = initialStatus(parts.clock);
  let serving: Serving | null = null;
  const set = (change: Partial<DeploymentStatus>) => {
    const since = change.state === undefined || change.state === status.state ? status.since : parts.clock.now();
    status = { ...status, ...change, since };
    onChange();
  };
  const bringUpParts: BringUpParts = {
    ...parts,
    signal: stop.signal,
    progress: {
      preparing: (line) => set({ state: 'preparing', engine: null, reason: line }),
      verifying: (engine) => set({ state: 'verifying', engine, reason: 'answering the golden requests' }),
    },
  };
  // Memory was short, or the machine too slow: it served here before, and nobody would ever try it again.
  const isUnlikely = async ({ details }: BringUpFailure) =>
    !details.parity && !details.onnxParity && (await wasProved(parts.folder, target.deployment.id));
  const attempt = async (strange: number): Promise<unknown> => {
    try {
      const ready = await bringUp(bringUpParts, target);
      if (stop.signal.aborted) await ready.engine[Symbol.asyncDispose]();
      else serving = ready;
      return null;
    } catch (error) {
      const failure = toFailure(error, strange);
      if (failure === null || (await isUnlikely(failure))) return error;
      const { reason, engine, parity = null, onnxParity = null } = failure.details;
      parts.log.warn({ deployment: target.deployment.id, reason }, 'the deployment failed');
      set({ state: 'failed', reason, engine, parity, onnxParity });
      return null;
    }
  };
  const run = async () => {
    let strange = 0;
    for (let tries = 0; !stop.signal.aborted; tries += 1) {
      const error = await attempt(strange);
      if (error === null || stop.signal.aborted) break;
      if (!isKnownToPass(error)) strange += 1;
      parts.log.warn({ err: error, deployment: target.deployment.id }, 'not ready; trying again');
      set({ state: 'preparing', engine: null, reason: `It will be tried again: ${messageOf(error)}` });
      const delay = Math.min(FIRST_DELAY_MS * 2 ** Math.min(tries, 10), LONGEST_DELAY_MS);
      await sleep(delay, undefined, { signal: stop.signal }).catch(() => {});
    }
    if (serving === null) return;
    const { engine, reason, parity, onnxParity } = serving;
    set({ state: 'ready', engine: engine.kind, reason, parity, onnxParity });
  };
  const running = run();
  return {
    target,
    get status() {
      return status;
    },
    get serving() {
      return serving;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      await serving?.engine[Symbol.asyncDispose]();
    },
  };
}

function initialStatus(clock: Clock): DeploymentStatus {
  return { state: 'preparing', engine: null, reason: null, parity: null, onnxParity: null, since: clock.now() };
}

/** What ends it for good; null: it is worth another try. */
function toFailure(error: unknown, strange: number): BringUpFailure | null {
  if (error instanceof BringUpFailure) return error;
  if (isKnownToPass(error)) return null;
  const forGood = error instanceof BucleError || error instanceof ApiError || strange + 1 >= STRANGE_TRIES;
  return forGood ? new BringUpFailure({ reason: messageOf(error), engine: null }, { cause: error }) : null;
}

function isKnownToPass(error: unknown): boolean {
  if (error instanceof ApiError) return isPassing(error);
  if (error instanceof BucleError) return error.retryable;
  return SCARCE.has((error as NodeJS.ErrnoException).code ?? '');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
