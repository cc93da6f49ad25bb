import { chiSquared, poolCells, pooled } from './chi-squared.ts';
import {
  measureOverdispersion,
  moderate,
  NO_PRIOR,
  type Overdispersion,
  type OverdispersionPrior,
  priorOf,
  scaleToSizes,
} from './overdispersion.ts';
import { fUpper } from './tails.ts';

export type DriftOfCounts = {
  statistic: number;
  df1: number;
  df2: number;
  p: number;
  overdispersion: number;
  chiSquared: number;
  chiSquaredP: number;
};

/**
 * The F test on counts over the same cells: B reference windows against one or more windows, pooled. X² (two-sample
 * Pearson) / ((k − 1) φ̂) is F(k − 1, df of φ̂) when nothing changed but rows of one window may belong together. φ̂ is moderated by
 * what the other features say (`prior`) and scaled to the windows' sizes. With fewer than two cells: p 1.
 */
export function driftOfCounts(
  reference: readonly (readonly number[])[],
  windows: readonly (readonly number[])[],
  prior: OverdispersionPrior = NO_PRIOR,
): DriftOfCounts {
  const [before, now] = [addUp(reference), addUp(windows)];
  const pooling = poolCells(before, now);
  const plain = chiSquared(pooled(before, pooling), pooled(now, pooling));
  const measured = measureOverdispersion(reference.map((counts) => pooled(counts, pooling)));
  const { ratio, df } = scaleToSizes(moderate(measured, prior), reference.map(size), windows.map(size));
  const statistic = plain.df === 0 ? 0 : plain.statistic / (plain.df * ratio);
  return {
    statistic,
    df1: plain.df,
    df2: df,
    p: plain.df === 0 ? 1 : fUpper(statistic, plain.df, df > 0 ? df : Number.POSITIVE_INFINITY),
    overdispersion: ratio,
    chiSquared: plain.statistic,
    chiSquaredP: plain.p,
  };
}

/** What the features of one reference say together about week-to-week over-dispersion; each feature is its B windows of counts. */
export function priorOfCounts(features: readonly (readonly (readonly number[])[])[]): OverdispersionPrior {
  return priorOf(features.map(overdispersionOfCounts));
}

function overdispersionOfCounts(windows: readonly (readonly number[])[]): Overdispersion {
  const all = addUp(windows);
  // As if one of the windows were to be compared with all.
  const pooling = poolCells(
    all,
    all.map((count) => count / windows.length),
  );
  const measured = measureOverdispersion(windows.map((counts) => pooled(counts, pooling)));
  return pooling.cells < 2 ? { ratio: 1, df: 0 } : measured;
}

function addUp(windows: readonly (readonly number[])[]): number[] {
  const sums = new Array<number>(windows[0]?.length ?? 0).fill(0);
  for (const window of windows) {
    for (let cell = 0; cell < sums.length; cell += 1) sums[cell] = (sums[cell] ?? 0) + (window[cell] ?? 0);
  }
  return sums;
}

function size(counts: readonly number[]): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
