import { tUpper } from './tails.ts';

/** A number of one window and how exactly the window knows it. */
export type Measured = { value: number; standardError: number };

export type Prediction = {
  mean: number;
  /** Standard deviation of (a new window's value − the mean of the reference). */
  deviation: number;
  df: number;
  /** P(a new window exceeds the mean by at least so much). */
  upper: (excess: number) => number;
};

/**
 * What the reference windows say about one more: the classical prediction interval, t with B − 1 degrees of freedom (Hahn & Meeker,
 * Statistical Intervals, 4.7). The variance between windows is never taken for less than their sampling error; what a window smaller
 * than the reference's adds by its own error comes on top. Needs 2 windows.
 */
export function predictWindow(reference: readonly Measured[], window: Measured): Prediction {
  const windows = reference.length;
  const mean = average(reference.map(({ value }) => value));
  const sampling = average(reference.map(({ standardError }) => standardError ** 2));
  const observed = reference.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / (windows - 1);
  const variance = Math.max(observed, sampling);
  const own = variance - sampling + window.standardError ** 2;
  const deviation = Math.sqrt(Math.max(variance, own) + variance / windows);
  const df = windows - 1;
  // All windows equal to the last digit and no sampling error: any excess is one.
  const upper = (excess: number) => (deviation > 0 ? tUpper(excess / deviation, df) : excess > 0 ? 0 : 1);
  return { mean, deviation, df, upper };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
