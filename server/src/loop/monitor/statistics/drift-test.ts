import { describeChange } from './describe-change.ts';
import { total } from './distances.ts';
import { type DriftOfCounts, driftOfCounts, priorOfCounts } from './drift-of-counts.ts';
import { DRIFT_METHOD, type DriftResult } from './drift-result.ts';
import { cellCount, type FeatureBinning } from './feature-binning.ts';
import { emptyFeature, type FeatureProfile, mergeFeatures } from './feature-profile.ts';
import type { OverdispersionPrior } from './overdispersion.ts';
import { isFew, isLearning, referenceNote } from './test-state.ts';

export type DriftTest = {
  /** One profile per reference window, all of the same binning. */
  reference: readonly FeatureProfile[];
  window: FeatureProfile;
  binning: FeatureBinning;
  /** False-alarm rate of this one test: from `splitBudget`. */
  alpha: number;
  /** Jensen–Shannon distance (base 2) below which a change never alarms. Default .05. */
  floor?: number;
  /** Values that the window (and the reference) needs. Default 200. */
  minRows?: number;
  /** `driftPrior` of the reference. Without it the feature stands for itself: as valid, with less power. */
  prior?: OverdispersionPrior;
};

export type SlowDriftTest = Omit<DriftTest, 'window'> & { windows: readonly FeatureProfile[] };

export const DEFAULT_FLOOR = 0.05;
export const DEFAULT_MIN_ROWS = 200;

/** Windows that the test of slow drift pools. */
export const SLOW_WINDOWS = 4;

/** Has the feature's distribution changed since the reference? An F test against the spread of the reference windows, with an effect floor. Never throws. */
export function testDrift({ window, ...test }: DriftTest): DriftResult {
  return compare(test, [window]);
}

/** The same for the last 4 windows pooled (older ones are ignored): sees what is too small for one window. */
export function testSlowDrift({ windows, ...test }: SlowDriftTest): DriftResult {
  const last = windows.slice(-SLOW_WINDOWS);
  if (last.length === SLOW_WINDOWS) return compare(test, last);
  return {
    ...nothing(test),
    state: 'insufficient',
    note: `${last.length} of the ${SLOW_WINDOWS} windows to pool are there`,
  };
}

/** What all features of one reference say about its week-to-week over-dispersion; per feature its profiles, one a window. */
export function driftPrior(features: readonly (readonly FeatureProfile[])[]): OverdispersionPrior {
  return priorOfCounts(features.map((windows) => windows.map(({ counts }) => counts)));
}

function compare(test: Omit<DriftTest, 'window'>, windows: readonly FeatureProfile[]): DriftResult {
  const { binning, minRows = DEFAULT_MIN_ROWS } = test;
  const base = nothing(test);
  const odd = [...test.reference, ...windows].some((profile) => !fits(profile, binning));
  if (odd) return { ...base, state: 'error', note: 'a profile was not made with this binning' };
  const reference = test.reference.filter(({ counts }) => total(counts) > 0);
  const [before, now] = [addUp(reference, binning), addUp(windows, binning)];
  const sized = { ...base, n: total(before.counts), m: total(now.counts), referenceWindows: reference.length };
  if (sized.n === 0) return { ...sized, state: 'not_applicable', note: 'the reference has no values' };
  if (sized.m === 0) return { ...sized, state: 'insufficient', note: 'the window has no values' };
  const counted = driftOfCounts(
    reference.map(({ counts }) => counts),
    windows.map(({ counts }) => counts),
    test.prior,
  );
  const result = { ...sized, ...numbersOf(counted), ...describeChange(before, now, binning) };
  if (Math.min(sized.n, sized.m) < minRows) {
    return { ...result, state: 'insufficient', note: `fewer than ${minRows} values to compare` };
  }
  return judge(result, counted);
}

function judge(sized: DriftResult, counted: DriftOfCounts): DriftResult {
  const windows = sized.referenceWindows;
  const result = { ...sized, fewReferences: isFew(windows), note: referenceNote(windows) };
  if (isLearning(windows)) return { ...result, state: 'learning', pValue: counted.chiSquaredP };
  if (counted.p > result.alpha) return { ...result, state: 'ok' };
  return { ...result, state: (result.jensenShannon ?? 0) >= result.floor ? 'alarm' : 'changed_small' };
}

function numbersOf(counted: DriftOfCounts) {
  return {
    pValue: counted.p,
    statistic: counted.statistic,
    df1: counted.df1,
    df2: counted.df2,
    overdispersion: counted.overdispersion,
    chiSquared: counted.chiSquared,
    chiSquaredP: counted.chiSquaredP,
    bins: counted.df1 + 1,
  };
}

function fits(profile: FeatureProfile, binning: FeatureBinning): boolean {
  const fine = binning.kind === 'numeric' ? binning.fine.length + 1 : 0;
  return profile.counts.length === cellCount(binning) && profile.fine.length === fine;
}

function addUp(profiles: readonly FeatureProfile[], binning: FeatureBinning): FeatureProfile {
  return profiles.reduce(mergeFeatures, emptyFeature(binning));
}

function nothing({ alpha, floor = DEFAULT_FLOOR }: Pick<DriftTest, 'alpha' | 'floor'>): DriftResult {
  return {
    state: 'error',
    pValue: null,
    alpha,
    statistic: null,
    df1: null,
    df2: null,
    overdispersion: null,
    psi: null,
    psiExpected: null,
    jensenShannon: null,
    floor,
    ks: null,
    ksP: null,
    chiSquared: null,
    chiSquaredP: null,
    wasserstein: null,
    n: 0,
    m: 0,
    bins: 0,
    referenceWindows: 0,
    fewReferences: false,
    method: DRIFT_METHOD,
    note: null,
  };
}
