import { toBlocks } from './blocks.ts';
import { bootstrapInTurns, drawsFor, SEED } from './bootstrap.ts';
import { gainOf, type MetricName, type MetricOptions, type ScoredRow } from './metric.ts';
import { toStatistic } from './metric-statistic.ts';

/** The same rows, answered by both. */
export interface PairedRows {
  readonly candidate: readonly ScoredRow[];
  readonly champion: readonly ScoredRow[];
}

/** How much better the candidate is on the very same rows; positive is better, whatever the metric. */
export interface PairedGain {
  readonly candidate: number | null;
  readonly champion: number | null;
  readonly gain: number | null;
  /** 95 % interval of the gain. */
  readonly low: number | null;
  readonly high: number | null;
  /** Standard deviation of the gain. */
  readonly deviation: number | null;
  readonly method: string;
  readonly draws: number;
  readonly seed: number;
  readonly blocks: number;
  readonly rows: number;
}

/**
 * Draws blocks of rows (days, where there are event times) with replacement, and takes the difference of both
 * metrics on each draw: what is common to both cancels out, and rows of a day may depend on each other.
 */
export async function compareMetric(
  name: MetricName,
  { candidate, champion }: PairedRows,
  options: MetricOptions & { readonly signal?: AbortSignal | undefined },
): Promise<PairedGain> {
  const { seed = SEED, signal } = options;
  const blocks = toBlocks(candidate);
  const base = { seed, blocks: blocks.count, rows: candidate.length };
  const none = { candidate: null, champion: null, gain: null, low: null, high: null, deviation: null, draws: 0 };
  if (candidate.length === 0) return { ...base, ...none, method: 'there are no rows' };
  const of = {
    candidate: toStatistic(name, candidate, blocks, options),
    champion: toStatistic(name, champion, blocks, options),
  };
  const gainAt = (weights: Float64Array | null) => {
    const [a, b] = [of.candidate.value(weights), of.champion.value(weights)];
    return a === null || b === null ? null : gainOf(name, a, b);
  };
  const values = { candidate: of.candidate.value(null), champion: of.champion.value(null), gain: gainAt(null) };
  if (values.gain === null) return { ...base, ...none, ...values, method: 'it would be divided by zero' };
  const draws = drawsFor(of.candidate.cost + of.champion.cost);
  const drawn = await bootstrapInTurns({ blocks, seed, draws, value: gainAt }, signal);
  if (drawn === null) return { ...base, ...none, ...values, method: 'too few rows to resample' };
  const { low, high, deviation } = drawn;
  const method = `paired percentile bootstrap over ${blocks.name}, ${draws} draws, seed ${seed}`;
  return { ...base, ...values, low, high, deviation, draws, method };
}
