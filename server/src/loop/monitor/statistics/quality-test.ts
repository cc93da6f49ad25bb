import { type Measured, predictWindow } from './prediction-interval.ts';
import { isFew, isLearning, referenceNote, type TestState } from './test-state.ts';

/** Goes with every stored result: another number means another method. */
export const QUALITY_METHOD = 'prediction-interval/1: one-sided t of one window against the reference windows';

export type QualityTest = {
  /** The metric of each reference window with its standard error (both in the metric's unit); at least 4 to judge. */
  reference: readonly Measured[];
  window: Measured;
  higherIsBetter: boolean;
  /** How much worse than the reference is still fine, ≥ 0, in the metric's unit. */
  tolerance: number;
  /** False-alarm rate of this one test: from `splitBudget`. */
  alpha: number;
};

export type QualityResult = {
  state: TestState;
  /** P(a window at least this much worse, when its true quality is the reference's less the tolerance). */
  pValue: number | null;
  alpha: number;
  statistic: number | null;
  df: number | null;
  /** Mean of the reference windows. */
  expected: number | null;
  value: number | null;
  /** Positive: the window is worse. */
  worse: number | null;
  tolerance: number;
  /** Standard deviation of what one window is expected to differ by, sampling of its own included. */
  deviation: number | null;
  referenceWindows: number;
  fewReferences: boolean;
  method: string;
  note: string | null;
};

/**
 * Is the window's quality worse than the reference's by more than the tolerance? One-sided: an improvement never alarms. `changed_small`:
 * significantly worse, not by more than the tolerance. A value or an error that is no finite number: `insufficient`. Never throws.
 */
export function testQuality({ reference, window, higherIsBetter, tolerance, alpha }: QualityTest): QualityResult {
  const usable = reference.filter(isMeasured);
  const windows = usable.length;
  const base: QualityResult = {
    state: 'insufficient',
    pValue: null,
    alpha,
    statistic: null,
    df: null,
    expected: null,
    value: Number.isFinite(window.value) ? window.value : null,
    worse: null,
    tolerance,
    deviation: null,
    referenceWindows: windows,
    fewReferences: isFew(windows) && !isLearning(windows),
    method: QUALITY_METHOD,
    note: referenceNote(windows),
  };
  if (!isMeasured(window)) return { ...base, note: 'the window has no value with a standard error' };
  if (isLearning(windows))
    return { ...base, state: 'learning', note: `${windows} reference windows: nothing alarms below 4` };
  const { mean, deviation, df, upper } = predictWindow(usable, window);
  const worse = higherIsBetter ? mean - window.value : window.value - mean;
  const pValue = upper(worse - tolerance);
  const small = worse > 0 && upper(worse) <= alpha;
  const state = pValue <= alpha ? 'alarm' : small ? 'changed_small' : 'ok';
  const statistic = deviation > 0 ? (worse - tolerance) / deviation : null;
  return { ...base, state, pValue, statistic, df, expected: mean, worse, deviation };
}

function isMeasured({ value, standardError }: Measured): boolean {
  return Number.isFinite(value) && Number.isFinite(standardError) && standardError >= 0;
}
