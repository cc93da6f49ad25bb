import { normalUpper } from './tails.ts';

export type Share = { rows: number; count: number };

/**
 * z of two shares with the pooled variance: (p_window − p_reference) / √(P(1−P)(1/n + 1/m)). Positive: the window's is larger. Its square
 * is Pearson's χ² of the 2×2 table without Yates' correction. 0 when one is empty or both are all or nothing.
 */
export function zOfShares(reference: Share, window: Share): number {
  if (reference.rows === 0 || window.rows === 0) return 0;
  const both = (reference.count + window.count) / (reference.rows + window.rows);
  const variance = both * (1 - both) * (1 / reference.rows + 1 / window.rows);
  return variance > 0 ? (window.count / window.rows - reference.count / reference.rows) / Math.sqrt(variance) : 0;
}

/** Two-sided p-value of z. */
export function twoSided(z: number): number {
  return 2 * normalUpper(Math.abs(z));
}

/** The smallest expected count of the 2×2 table. */
export function smallestExpected(reference: Share, window: Share): number {
  const rows = reference.rows + window.rows;
  const count = reference.count + window.count;
  return rows === 0 ? 0 : (Math.min(reference.rows, window.rows) * Math.min(count, rows - count)) / rows;
}

/**
 * Fisher's exact test, one-sided: P(the window has at least its count | both margins), and at most its count;
 * scipy.stats.fisher_exact(alternative='greater' and 'less').
 */
export function fisherExact(reference: Share, window: Share): { more: number; less: number } {
  const [n, m] = [reference.rows, window.rows];
  const count = reference.count + window.count;
  // Fewer steps on the rarer side; there "more" and "less" change places.
  if (2 * count > n + m) {
    const { more, less } = fisherExact(complement(reference), complement(window));
    return { more: less, less: more };
  }
  const k = window.count;
  const start = Math.exp(logMass(k, count, n, m));
  const up = (from: number) => ((count - from) * (m - from)) / ((from + 1) * (n - count + from + 1));
  const down = (from: number) => (from * (n - count + from)) / ((count - from + 1) * (m - from + 1));
  return {
    more: tail(start, k, Math.min(count, m), 1, up),
    less: tail(start, k, Math.max(0, count - n), -1, down),
  };
}

/** The masses from one count outwards, each from the one before, until what is added no longer shows. */
function tail(start: number, from: number, to: number, step: 1 | -1, ratio: (from: number) => number): number {
  let [sum, mass] = [start, start];
  for (let at = from; at !== to && !(mass < sum * 1e-18); at += step) {
    mass *= ratio(at);
    sum += mass;
  }
  return Math.min(1, sum);
}

/** ln C(count, k) · m…(m−k+1) · n…(n−count+k+1) / (n+m)…(n+m−count+1): a sum of small logarithms keeps all digits. */
function logMass(k: number, count: number, n: number, m: number): number {
  let sum = 0;
  for (let i = 0; i < count; i += 1) {
    const rows = i < k ? ((m - i) * (count - i)) / (i + 1) : n - (i - k);
    sum += Math.log(rows / (n + m - i));
  }
  return sum;
}

function complement({ rows, count }: Share): Share {
  return { rows, count: rows - count };
}
