import { ALPHA, type Interval } from './intervals.ts';
import type { ScoredRow } from './metric.ts';
import { toScores } from './metric-statistic.ts';
import { normalQuantile } from './normal.ts';

/** The interval of an area under the ROC curve by DeLong's variance; null with fewer than two rows of a class. */
export function delongInterval(rows: readonly ScoredRow[]): Interval | null {
  const { scores, positive } = toScores(rows);
  const of = (wanted: number) => scores.filter((_, row) => positive[row] === wanted);
  const [positives, negatives] = [of(1), of(0)];
  if (positives.length < 2 || negatives.length < 2) return null;
  const all = midranks(new Float64Array([...positives, ...negatives]));
  const ranksOfPositives = midranks(positives);
  const ranksOfNegatives = midranks(negatives);
  const overNegatives = positives.map((_, at) => ((all[at] ?? 0) - (ranksOfPositives[at] ?? 0)) / negatives.length);
  const underPositives = negatives.map(
    (_, at) => 1 - ((all[positives.length + at] ?? 0) - (ranksOfNegatives[at] ?? 0)) / positives.length,
  );
  const area = mean(overNegatives);
  const variance = varianceOf(overNegatives) / positives.length + varianceOf(underPositives) / negatives.length;
  const half = normalQuantile(1 - ALPHA / 2) * Math.sqrt(variance);
  return { low: Math.max(0, area - half), high: Math.min(1, area + half) };
}

/** Equal values share the mean of their ranks, which begin at 1. */
function midranks(values: Float64Array): Float64Array {
  const order = Int32Array.from(values, (_, at) => at).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to] ?? 0] === values[order[from] ?? 0]) to += 1;
    for (let at = from; at < to; at += 1) ranks[order[at] ?? 0] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}

function varianceOf(values: Float64Array): number {
  const centre = mean(values);
  return values.reduce((sum, one) => sum + (one - centre) ** 2, 0) / (values.length - 1);
}
