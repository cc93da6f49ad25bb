import { MIN_REFERENCE_WINDOWS, type Monitor, windowsPerYear } from './monitor.ts';
import type { Signal } from './signal.ts';
import {
  driftPrior,
  type FeatureBinning,
  type FeatureProfile,
  type OverdispersionPrior,
  SLOW_WINDOWS,
  sharePrior,
  splitBudget,
  type TestState,
  testDrift,
  testShare,
  testSlowDrift,
  testVolume,
} from './statistics/index.ts';
import type { TestName, WindowResult } from './window-result.ts';

/** What a feature, or the prediction, is compared with. */
export interface FeatureReference {
  /** One profile per window. */
  readonly windows: readonly FeatureProfile[];
  /** The endpoint's own windows: until there are 8 they are learned from, and nothing alarms. */
  readonly own: boolean;
}

export interface Compared {
  readonly binning: FeatureBinning;
  readonly drift: FeatureReference;
  /** For missing, invalid, unseen and out-of-range values; null: none of them is tested. */
  readonly shares: FeatureReference | null;
  readonly window: FeatureProfile;
  /** The windows before with the same reference, oldest first, at most 3. */
  readonly before: readonly FeatureProfile[];
}

export interface Judgeable {
  readonly monitor: Monitor;
  readonly features: readonly Compared[];
  readonly prediction: Compared | null;
  /** Rows of the window and of those that it is compared with. */
  readonly volume: { readonly rows: number; readonly reference: readonly number[] };
}

/** All tests on one window. Pure. */
export function judgeWindow({ monitor, features, prediction, volume }: Judgeable): WindowResult[] {
  const budget = splitBudget({
    falseAlarmsPerYear: monitor.budget.falseAlarmsPerYear,
    features: features.length,
    windowsPerYear: windowsPerYear(monitor),
  });
  const base = { floor: monitor.floor, minRows: monitor.minRows };
  // What is learned from few windows of its own is no part of what the others say together.
  const settled = features.filter(({ drift }) => isSettled(drift));
  const prior = driftPrior(settled.map(({ drift }) => drift.windows));
  const drifts = features.flatMap((feature) =>
    driftResults(feature, 'data_drift', {
      ...base,
      prior,
      alpha: budget.featureDrift.alpha,
      slowAlpha: budget.featureSlowDrift.alpha,
    }),
  );
  const predictions = prediction
    ? driftResults(prediction, 'prediction_drift', {
        ...base,
        alpha: budget.predictionDrift.alpha,
        slowAlpha: budget.predictionSlowDrift.alpha,
      })
    : [];
  const shares = shareResults(features, { alpha: budget.dataQuality.alpha, minRows: monitor.minRows });
  return [...drifts, ...predictions, ...shares, volumeResult(volume, budget.volume.alpha)];
}

interface DriftOptions {
  readonly floor: number;
  readonly minRows: number;
  readonly alpha: number;
  readonly slowAlpha: number;
  readonly prior?: OverdispersionPrior;
}

function driftResults({ binning, drift, window, before }: Compared, signal: Signal, options: DriftOptions) {
  const { alpha, slowAlpha, prior, ...base } = options;
  const common = { ...base, reference: drift.windows, binning, ...(prior ? { prior } : {}) };
  const last = [...before, window].slice(-SLOW_WINDOWS);
  const one = testDrift({ ...common, window, alpha });
  const slow = testSlowDrift({ ...common, windows: last, alpha: slowAlpha });
  return (
    [
      ['drift', one],
      ['slow_drift', slow],
    ] as const
  ).map(([test, result]): WindowResult => {
    const { state, pValue, jensenShannon, n, m, bins, method, ...detail } = result;
    return {
      ...{ signal, feature: binning.feature, test, state: ownState(state, drift), pValue, alpha: result.alpha },
      ...{ effect: jensenShannon, n, m, bins, method, detail: { ...detail, jensenShannon, own: drift.own } },
    };
  });
}

/** The kinds of values of which a feature may have more than before. */
const CHECKS: readonly { test: TestName; kind: FeatureBinning['kind'] | null; count(of: FeatureProfile): number }[] = [
  { test: 'missing', kind: null, count: ({ missing }) => missing },
  { test: 'invalid', kind: null, count: ({ invalid }) => invalid },
  { test: 'out_of_range', kind: 'numeric', count: ({ outOfRange }) => outOfRange },
  { test: 'unseen', kind: 'categorical', count: ({ unseen }) => unseen },
];

function shareResults(features: readonly Compared[], { alpha, minRows }: { alpha: number; minRows: number }) {
  return CHECKS.flatMap(({ test, kind, count }) => {
    const share = (profile: FeatureProfile) => ({ rows: profile.rows, count: count(profile) });
    const compared = features.flatMap(({ binning, shares, window }) =>
      shares && (kind === null || kind === binning.kind) ? [{ binning, shares, window }] : [],
    );
    const prior = sharePrior(
      compared.filter(({ shares }) => isSettled(shares)).map(({ shares }) => shares.windows.map(share)),
    );
    return compared.map(({ binning, shares, window }): WindowResult => {
      const given = { reference: shares.windows.map(share), window: share(window), alpha, minRows, prior };
      const expected = test === 'unseen' ? { expected: binning.novelty } : {};
      const { state, pValue, delta, n, m, method, ...detail } = testShare({ ...given, ...expected });
      return {
        ...{ signal: 'data_quality', feature: binning.feature, test, state: ownState(state, shares), pValue, alpha },
        ...{ effect: delta, n, m, bins: null, method, detail: { ...detail, own: shares.own } },
      };
    });
  });
}

function volumeResult({ rows, reference }: Judgeable['volume'], alpha: number): WindowResult {
  const { state, pValue, factor, method, ...detail } = testVolume({ reference, window: rows, alpha });
  const known = reference.length < MIN_REFERENCE_WINDOWS ? learning(state) : state;
  return {
    ...{ signal: 'volume', feature: '', test: 'volume', state: known, pValue, alpha, effect: factor },
    ...{ n: reference.length, m: rows, bins: null, method, detail },
  };
}

function isSettled({ windows, own }: FeatureReference): boolean {
  return !own || windows.length >= MIN_REFERENCE_WINDOWS;
}

function ownState(state: TestState, reference: FeatureReference): TestState {
  return isSettled(reference) ? state : learning(state);
}

/** Nothing alarms, and nothing is called clean, from too few windows. */
function learning(state: TestState): TestState {
  return state === 'insufficient' || state === 'error' ? state : 'learning';
}
