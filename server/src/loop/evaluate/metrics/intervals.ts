import { normalCdf, normalQuantile, studentQuantile } from './normal.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** All intervals of this stage are two-sided ones of 95 %. */
export const ALPHA = 0.05;

/** Of a share of `count` in `total` (Wilson's score interval). */
export function wilson(count: number, total: number): Interval {
  const z = normalQuantile(1 - ALPHA / 2);
  const share = count / total;
  const middle = (share + (z * z) / (2 * total)) / (1 + (z * z) / total);
  const half = (z / (1 + (z * z) / total)) * Math.sqrt((share * (1 - share)) / total + (z * z) / (4 * total * total));
  // At the ends the formula gives 0 and 1, up to rounding.
  return { low: count === 0 ? 0 : middle - half, high: count === total ? 1 : middle + half };
}

/**
 * The percentile interval of a bootstrap over so many blocks, widened as Student's t is wider than the normal
 * distribution: plain percentiles of few blocks promise more than they keep.
 */
export function percentileInterval(draws: Float64Array, blocks: number): Interval {
  const sorted = Float64Array.from(draws).sort();
  const tail = normalCdf(-spread(blocks, ALPHA));
  return { low: quantile(sorted, tail), high: quantile(sorted, 1 - tail) };
}

/** How many standard deviations of the draws lie on each side, at two-sided level `alpha`. */
export function spread(blocks: number, alpha: number): number {
  return Math.sqrt(blocks / (blocks - 1)) * studentQuantile(1 - alpha / 2, blocks - 1);
}

export function deviationOf(draws: Float64Array): number {
  const mean = draws.reduce((sum, one) => sum + one, 0) / draws.length;
  return Math.sqrt(draws.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (draws.length - 1));
}

/** Between two neighbours by straight line. */
function quantile(sorted: Float64Array, p: number): number {
  const position = p * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN;
  return low + (high - low) * (position - below);
}
