import { total } from './distances.ts';
import { chiSquaredUpper } from './tails.ts';

/** Cells that are expected to hold fewer rows than this in either sample are pooled (Cochran's rule). */
const SMALLEST_EXPECTED = 5;

export type CellPooling = { cellOf: Int32Array; cells: number };

export type ChiSquared = { statistic: number; df: number; p: number };

/**
 * Pearson's two-sample test on a 2×k table, without Yates' correction; scipy.stats.chi2_contingency(correction=False). Cells that
 * neither has don't count. With fewer than two cells left: statistic 0, df 0, p 1.
 */
export function chiSquared(reference: readonly number[], window: readonly number[]): ChiSquared {
  const [n, m] = [total(reference), total(window)];
  const statistic = n === 0 || m === 0 ? 0 : pearson(reference, window, n, m);
  let cells = 0;
  for (let cell = 0; cell < reference.length; cell += 1) {
    if ((reference[cell] ?? 0) + (window[cell] ?? 0) > 0) cells += 1;
  }
  if (cells < 2 || n === 0 || m === 0) return { statistic: 0, df: 0, p: 1 };
  return { statistic, df: cells - 1, p: chiSquaredUpper(statistic, cells - 1) };
}

/** Σ over both rows of (observed − expected)² / expected, in the form that needs one pass: Σ (a·m − b·n)² / (n·m·(a + b)). */
function pearson(reference: readonly number[], window: readonly number[], n: number, m: number): number {
  let sum = 0;
  for (let cell = 0; cell < reference.length; cell += 1) {
    const a = reference[cell] ?? 0;
    const b = window[cell] ?? 0;
    if (a + b === 0) continue;
    const difference = a / n - b / m;
    sum += (difference * difference) / (a + b);
  }
  return sum * n * m;
}

/**
 * Which cell each cell goes to so that in the smaller of the two samples at least 5 rows are expected in each: small ones are pooled,
 * and if that is still too little, with the smallest of the others. −1 for a cell that neither has.
 */
export function poolCells(reference: readonly number[], window: readonly number[]): CellPooling {
  const share = Math.min(total(reference), total(window)) / (total(reference) + total(window));
  const cellOf = new Int32Array(reference.length).fill(-1);
  const sizes: number[] = [];
  const small: number[] = [];
  let rest = 0;
  for (let cell = 0; cell < reference.length; cell += 1) {
    const size = ((reference[cell] ?? 0) + (window[cell] ?? 0)) * share;
    if (size >= SMALLEST_EXPECTED) cellOf[cell] = sizes.push(size) - 1;
    else if (size > 0) small.push(cell);
    if (size < SMALLEST_EXPECTED) rest += size;
  }
  if (small.length === 0) return { cellOf, cells: sizes.length };
  const alone = rest >= SMALLEST_EXPECTED || sizes.length === 0;
  const target = alone ? sizes.push(rest) - 1 : sizes.indexOf(Math.min(...sizes));
  for (const cell of small) cellOf[cell] = target;
  return { cellOf, cells: sizes.length };
}

export function pooled(counts: readonly number[], { cellOf, cells }: CellPooling): readonly number[] {
  // As many cells as before: each stayed for itself.
  if (cells === counts.length) return counts;
  const sums = new Array<number>(cells).fill(0);
  for (let cell = 0; cell < cellOf.length; cell += 1) {
    const target = cellOf[cell] ?? -1;
    if (target >= 0) sums[target] = (sums[target] ?? 0) + (counts[cell] ?? 0);
  }
  return sums;
}
