import { predictWindow } from './prediction-interval.ts';
import { isFew, isLearning, referenceNote, type TestState } from './test-state.ts';

/** Goes with every stored result: another number means another method. */
export const VOLUME_METHOD = 'volume/1: two-sided t of ln(rows + ½) against the reference windows';

export type VolumeTest = {
  /** Rows of each reference window. */
  reference: readonly number[];
  window: number;
  alpha: number;
  /** A change by less than this factor, up or down, never alarms. Default 1.5. */
  minFactor?: number;
};

export type VolumeResult = {
  state: TestState;
  pValue: number | null;
  alpha: number;
  statistic: number | null;
  df: number | null;
  /** Rows: geometric mean of the reference windows, and the window's. */
  expected: number | null;
  rows: number;
  /** (rows + ½) / (expected + ½). */
  factor: number | null;
  minFactor: number;
  referenceWindows: number;
  fewReferences: boolean;
  method: string;
  note: string | null;
};

/** Are there as many rows as in the reference windows? A window without rows is tested like any other. Never throws. */
export function testVolume({ reference, window, alpha, minFactor = 1.5 }: VolumeTest): VolumeResult {
  const windows = reference.length;
  const base: VolumeResult = {
    state: 'learning',
    pValue: null,
    alpha,
    statistic: null,
    df: null,
    expected: null,
    rows: window,
    factor: null,
    minFactor,
    referenceWindows: windows,
    fewReferences: isFew(windows) && !isLearning(windows),
    method: VOLUME_METHOD,
    note: referenceNote(windows),
  };
  if (isLearning(windows)) return { ...base, note: `${windows} reference windows: nothing alarms below 4` };
  const { mean, deviation, df, upper } = predictWindow(reference.map(logarithm), logarithm(window));
  const change = logarithm(window).value - mean;
  const pValue = Math.min(1, 2 * upper(Math.abs(change)));
  const large = Math.abs(change) >= Math.log(minFactor);
  const state = pValue > alpha ? 'ok' : large ? 'alarm' : 'changed_small';
  const statistic = deviation > 0 ? change / deviation : null;
  return { ...base, state, pValue, statistic, df, expected: Math.exp(mean) - 0.5, factor: Math.exp(change) };
}

/** With the error of a Poisson count, by the delta method. */
function logarithm(rows: number) {
  return { value: Math.log(rows + 0.5), standardError: 1 / Math.sqrt(rows + 0.5) };
}
