import { total } from './distances.ts';
import { kolmogorovUpper } from './kolmogorov.ts';

/** D and its p-values: `p` asymptotic as scipy.stats.ks_2samp(method='asymp'), `exactP` as method='exact' (null where not asked for). */
export type KolmogorovSmirnov = { d: number; p: number; exactP: number | null };

/** The exact p-value costs n·m steps. */
const EXACT_UP_TO = 4_000_000;

/** Two samples of finite numbers; equal values are grouped first. `null` when one is empty. */
export function kolmogorovSmirnov(a: readonly number[], b: readonly number[], exact = false): KolmogorovSmirnov | null {
  if (a.length === 0 || b.length === 0) return null;
  const one = Float64Array.from(a).sort();
  const other = Float64Array.from(b).sort();
  let [i, j, largest] = [0, 0, 0];
  while (i < one.length && j < other.length) {
    const value = Math.min(one[i] ?? 0, other[j] ?? 0);
    while (one[i] === value) i += 1;
    while (other[j] === value) j += 1;
    // In whole numbers, so that the exact p-value knows which paths reach it.
    largest = Math.max(largest, Math.abs(i * other.length - j * one.length));
  }
  return withP(largest, one.length, other.length, exact);
}

/** Two distributions as counts over the same ordered bins: D is a lower bound of the samples' D, so `p` errs to the safe side. */
export function kolmogorovSmirnovOfCounts(
  reference: readonly number[],
  window: readonly number[],
): KolmogorovSmirnov | null {
  const [n, m] = [total(reference), total(window)];
  if (n === 0 || m === 0) return null;
  let [below, belowWindow, largest] = [0, 0, 0];
  for (let bin = 0; bin < reference.length; bin += 1) {
    below += reference[bin] ?? 0;
    belowWindow += window[bin] ?? 0;
    largest = Math.max(largest, Math.abs(below * m - belowWindow * n));
  }
  return withP(largest, n, m, false);
}

function withP(largest: number, n: number, m: number, exact: boolean): KolmogorovSmirnov {
  const d = largest / (n * m);
  // Halves to even, as scipy rounds. One row against one proves nothing.
  const rows = roundHalfEven((n * m) / (n + m));
  const p = rows === 0 ? 1 : Math.min(1, Math.max(0, kolmogorovUpper(d, rows)));
  return { d, p, exactP: exact && n * m <= EXACT_UP_TO ? reachingPaths(largest, n, m) : null };
}

/** The share of the orderings of n + m distinct values whose D reaches largest / (n·m) (Hodges, Ark. Mat. 3, 1958). */
function reachingPaths(largest: number, n: number, m: number): number {
  if (largest === 0) return 1;
  const reached = new Float64Array(m + 1);
  for (let i = 0; i <= n; i += 1) {
    for (let j = 0; j <= m; j += 1) {
      const before = i + j === 0 ? 0 : (i * (reached[j] ?? 0) + j * (reached[j - 1] ?? 0)) / (i + j);
      reached[j] = Math.abs(i * m - j * n) >= largest ? 1 : before;
    }
  }
  return reached[m] ?? Number.NaN;
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
