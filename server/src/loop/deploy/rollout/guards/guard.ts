import type { ArmCounts } from '../../desired-state.schema.ts';

/** What was counted anew at one look, while one split was in force. */
export interface Arms {
  /** Chance that the router gave a request to the canary and not to the baseline. */
  readonly weight: number;
  readonly canary: ArmCounts;
  /** All other deployments of the split together. */
  readonly baseline: ArmCounts;
}

/** `abort`: nobody shall be sent to the candidate. `hold`: a person shall look. `learn`: nothing can be said so far. */
export interface Verdict {
  readonly verdict: 'pass' | 'learn' | 'hold' | 'abort';
  /** For a person, with numbers. */
  readonly says: string;
}

/**
 * One thing that is watched during a rollout. Its state is plain JSON and lives in the rollout's row: a look adds what
 * was counted since the look before, and can be repeated by whoever takes over.
 */
export interface Guard<State> {
  readonly name: string;
  /** `history`: what the baseline answered before the rollout. */
  begin(history: ArmCounts): State;
  look(state: State, arms: Arms): State;
  verdict(state: State): Verdict;
}

/** Chance that a rollout of a version that is as good as the baseline is aborted, over all guards together. */
export const ABORT_ALPHA = 0.01;
/** Chance that one is held. */
export const HOLD_ALPHA = 0.01;

export const noCounts: ArmCounts = {
  requests: 0,
  errors: { client: 0, model: 0, timeout: 0, overload: 0 },
  latency: {},
  predictions: {},
};

export function addCounts(a: ArmCounts, b: ArmCounts): ArmCounts {
  return {
    requests: a.requests + b.requests,
    errors: {
      client: a.errors.client + b.errors.client,
      model: a.errors.model + b.errors.model,
      timeout: a.errors.timeout + b.errors.timeout,
      overload: a.errors.overload + b.errors.overload,
    },
    latency: addBins(a.latency, b.latency, 1),
    predictions: addBins(a.predictions, b.predictions, 1),
  };
}

/** What came on top of `before`; counters never go back. */
export function subtractCounts(now: ArmCounts, before: ArmCounts): ArmCounts {
  const rest = (name: keyof ArmCounts['errors']) => Math.max(0, now.errors[name] - before.errors[name]);
  return {
    requests: Math.max(0, now.requests - before.requests),
    errors: { client: rest('client'), model: rest('model'), timeout: rest('timeout'), overload: rest('overload') },
    latency: addBins(now.latency, before.latency, -1),
    predictions: addBins(now.predictions, before.predictions, -1),
  };
}

/** Failures that are no caller's fault. */
export function faultsOf({ errors }: ArmCounts): number {
  return errors.model + errors.timeout + errors.overload;
}

/** `0.5 %` */
export function percentOf(part: number, whole: number): string {
  if (whole === 0) return '0 %';
  return `${Number(((part / whole) * 100).toPrecision(2))} %`;
}

function addBins(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
  sign: 1 | -1,
): Record<string, number> {
  const sum: Record<string, number> = { ...a };
  for (const [bin, count] of Object.entries(b)) {
    const value = Math.max(0, (sum[bin] ?? 0) + sign * count);
    if (value === 0) delete sum[bin];
    else sum[bin] = value;
  }
  return sum;
}
