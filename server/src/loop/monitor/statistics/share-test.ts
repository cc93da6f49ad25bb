import {
  measureOverdispersion,
  moderate,
  NO_PRIOR,
  type Overdispersion,
  type OverdispersionPrior,
  priorOf,
  scaleToSizes,
} from './overdispersion.ts';
import { fisherExact, type Share, smallestExpected, zOfShares } from './proportions.ts';
import { tUpper } from './tails.ts';
import { isFew, isLearning, referenceNote, type TestState } from './test-state.ts';

/** Goes with every stored result: another number means another method. */
export const SHARE_METHOD =
  'rao-scott-share/1: z with over-dispersion of the reference windows (t); below 50 expected Fisher, if larger';

/** Below this many expected counts a share is too skew for the normal tail at 1e-5: then the larger of both p-values decides. */
const NORMAL_FROM = 50;

/** How much of the prior's knowledge is believed: set by simulation (simulation.test.ts). */
const SHARE_PRIOR_WEIGHT = 1 / 3;

/** Fewer counts in the whole reference say nothing about over-dispersion. */
const MEASURABLE_FROM = 5;

export type ShareTest = {
  /** Rows and those that count (missing, unseen, …), one per reference window. */
  reference: readonly Share[];
  window: Share;
  /** False-alarm rate of this one test: from `splitBudget`. */
  alpha: number;
  /** Change of the share below which nothing alarms, 0…1. Default .01: one point. */
  minDelta?: number;
  /** `up`: only a larger share alarms (default). `both`: a smaller one too. */
  direction?: 'up' | 'both';
  /** Rows that the window (and the reference) needs. Default 200. */
  minRows?: number;
  /** `sharePrior` of the reference. */
  prior?: OverdispersionPrior;
  /** A share that must be expected even where the reference shows less: the `novelty` of a binning for unseen values. */
  expected?: number;
};

export type ShareResult = {
  state: TestState;
  /** P(a change at least as large when nothing changed), in the declared direction; two-sided: twice the smaller tail. */
  pValue: number | null;
  alpha: number;
  /** z / √over-dispersion; positive: the window's share is larger. */
  statistic: number | null;
  /** Of Student's t; `null`: normal. */
  df: number | null;
  overdispersion: number | null;
  test: 'z' | 'fisher' | null;
  /** 0…1. */
  referenceShare: number | null;
  share: number | null;
  delta: number | null;
  minDelta: number;
  n: number;
  m: number;
  referenceWindows: number;
  fewReferences: boolean;
  method: string;
  note: string | null;
};

const DEFAULT_MIN_DELTA = 0.01;
const DEFAULT_MIN_ROWS = 200;

/**
 * Has a share (of missing, invalid, unseen, out-of-range values) changed since the reference? Never throws. Its false-alarm rate holds
 * for week-to-week variation that the reference shows; bursts of values that the reference hardly has can't be learnt from it.
 */
export function testShare(test: ShareTest): ShareResult {
  const { minRows = DEFAULT_MIN_ROWS, expected = 0 } = test;
  const base = nothing(test);
  if (![...test.reference, test.window].every(isShare)) {
    return { ...base, state: 'error', note: 'a count is not between 0 and its rows' };
  }
  const reference = test.reference
    .filter(({ rows }) => rows > 0)
    .map(({ rows, count }) => ({ rows, count: Math.max(count, Math.round(expected * rows)) }));
  const before = addUp(reference);
  const { window } = test;
  const sized = { ...base, n: before.rows, m: window.rows, referenceWindows: reference.length };
  if (before.rows === 0) return { ...sized, state: 'not_applicable', note: 'the reference has no rows' };
  if (window.rows === 0) return { ...sized, state: 'insufficient', note: 'the window has no rows' };
  const [referenceShare, share] = [before.count / before.rows, window.count / window.rows];
  const result = { ...sized, ...significance(reference, test), referenceShare, share, delta: share - referenceShare };
  if (Math.min(before.rows, window.rows) < minRows) {
    return { ...result, state: 'insufficient', note: `fewer than ${minRows} rows to compare` };
  }
  return judge(result, test.direction ?? 'up');
}

/** What all shares of one reference say about its week-to-week over-dispersion; per feature its windows. */
export function sharePrior(features: readonly (readonly Share[])[]): OverdispersionPrior {
  const { ratio, df } = priorOf(features.map(overdispersionOf));
  // Shares of different features have less in common than their distributions: none counts for more than the feature's own.
  return { ratio, df: df * SHARE_PRIOR_WEIGHT };
}

function judge(result: ShareResult, direction: 'up' | 'both'): ShareResult {
  const windows = result.referenceWindows;
  const judged = { ...result, fewReferences: isFew(windows), note: referenceNote(windows) };
  if (isLearning(windows)) return { ...judged, state: 'learning' };
  if ((result.pValue ?? 1) > result.alpha) return { ...judged, state: 'ok' };
  const delta = result.delta ?? 0;
  const change = direction === 'both' ? Math.abs(delta) : delta;
  return { ...judged, state: change >= result.minDelta ? 'alarm' : 'changed_small' };
}

type Significance = Pick<ShareResult, 'pValue' | 'statistic' | 'df' | 'overdispersion' | 'test'>;

function significance(
  reference: readonly Share[],
  { window, prior = NO_PRIOR, direction = 'up' }: ShareTest,
): Significance {
  const { ratio, df } = scaleToSizes(
    moderate(overdispersionOf(reference), prior),
    reference.map(({ rows }) => rows),
    [window.rows],
  );
  const before = addUp(reference);
  const decide = (more: number, less: number) => (direction === 'up' ? more : Math.min(1, 2 * Math.min(more, less)));
  const z = zOfShares(before, window) / Math.sqrt(ratio);
  const known = df > 0 ? df : Number.POSITIVE_INFINITY;
  const byZ = decide(tUpper(z, known), tUpper(-z, known));
  const numbers = { overdispersion: ratio, statistic: z, df: Number.isFinite(known) ? known : null };
  if (smallestExpected(before, window) / ratio >= NORMAL_FROM) return { ...numbers, pValue: byZ, test: 'z' };
  // As many rows as the windows are worth: exact for independent rows, and the count rounded to the safe side else.
  const more = fisherExact(worth(before, ratio, Math.ceil), worth(window, ratio, Math.floor)).more;
  const less = fisherExact(worth(before, ratio, Math.floor), worth(window, ratio, Math.ceil)).less;
  const exact = decide(more, less);
  return exact >= byZ ? { ...numbers, pValue: exact, test: 'fisher' } : { ...numbers, pValue: byZ, test: 'z' };
}

function worth({ rows, count }: Share, ratio: number, round: (value: number) => number): Share {
  const size = Math.max(1, Math.round(rows / ratio));
  return { rows: size, count: Math.min(size, round(count / ratio)) };
}

function overdispersionOf(windows: readonly Share[]): Overdispersion {
  const { rows, count } = addUp(windows);
  const rare = Math.min(count, rows - count) < MEASURABLE_FROM;
  return rare
    ? { ratio: 1, df: 0 }
    : measureOverdispersion(windows.map((window) => [window.count, window.rows - window.count]));
}

function addUp(shares: readonly Share[]): Share {
  return shares.reduce((a, b) => ({ rows: a.rows + b.rows, count: a.count + b.count }), { rows: 0, count: 0 });
}

function isShare({ rows, count }: Share): boolean {
  return rows >= 0 && count >= 0 && count <= rows && Number.isFinite(rows);
}

function nothing({ alpha, minDelta = DEFAULT_MIN_DELTA }: ShareTest): ShareResult {
  return {
    state: 'error',
    pValue: null,
    alpha,
    statistic: null,
    df: null,
    overdispersion: null,
    test: null,
    referenceShare: null,
    share: null,
    delta: null,
    minDelta,
    n: 0,
    m: 0,
    referenceWindows: 0,
    fewReferences: false,
    method: SHARE_METHOD,
    note: null,
  };
}
