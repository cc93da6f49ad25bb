import { categoryOf, numberOf } from './feature-value.ts';

/** The bins of the drift test. */
const BINS = 10;

/** The bins of Kolmogorov–Smirnov and Wasserstein, and the material for other bins later. */
const FINE_BINS = 100;

/** Categories that get a cell of their own; the rest of what the reference had is `other`. */
const TOP_CATEGORIES = 20;

/** With more values than this a category is an open set (ids, free text): a new value is no news. */
const KNOWN_CATEGORIES = 1_000;

/**
 * How a feature's values are counted: fixed once from a reference, the same for every window compared with it. JSON.
 *
 * Numeric: `edges` and `fine` are ascending; bin i holds `edges[i-1] < value <= edges[i]`, the first and the last are open. The edges
 * are reference quantiles, equal ones merged; a feature with few distinct values gets a bin for each, and one below and one above.
 *
 * Categorical: cell i is `categories[i]` (most frequent first), then `other` (seen in the reference), then `unseen`.
 */
export type FeatureBinning = {
  feature: string;
  kind: 'numeric' | 'categorical';
  edges: number[];
  fine: number[];
  categories: string[];
  /** Seen in the reference, without a cell of their own. */
  others: string[];
  /** More values than are kept: nothing counts as unseen. */
  open: boolean;
  /** The share of unseen values to expect when nothing changes: values seen once / values (Good–Turing). */
  novelty: number;
  /** The learned range, in the feature's unit: 0.1 % and 99.9 % quantile ∓ 3 interquartile ranges. `null` when there is none. */
  low: number | null;
  high: number | null;
  /** Sums in a profile are of (value − centre) / scale: median and interquartile range / 1.349 of the reference. */
  centre: number;
  scale: number;
};

/**
 * Bins for a feature from values of the reference (all, or a sample). Takes any values, also none: then nothing is known, and a drift
 * test answers `not_applicable`. Without `kind` the majority of the usable values decides: numbers are numeric, all else categorical.
 */
export function makeBinning(
  feature: string,
  values: readonly unknown[],
  kind: FeatureBinning['kind'] = kindOf(values),
): FeatureBinning {
  return kind === 'numeric' ? numericBinning(feature, values) : categoricalBinning(feature, values);
}

/** How many cells the binning's counts have. */
export function cellCount(binning: FeatureBinning): number {
  return binning.kind === 'numeric' ? binning.edges.length + 1 : binning.categories.length + 2;
}

/** The index of the first edge that is not below the value; `edges.length` when all are. */
export function binIndex(edges: readonly number[], value: number): number {
  let from = 0;
  let to = edges.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((edges[middle] ?? 0) < value) from = middle + 1;
    else to = middle;
  }
  return from;
}

function kindOf(values: readonly unknown[]): FeatureBinning['kind'] {
  let balance = 0;
  for (const value of values) {
    if (typeof value === 'string' || typeof value === 'boolean') balance -= 1;
    else if (typeof numberOf(value) === 'number') balance += 1;
  }
  return balance >= 0 ? 'numeric' : 'categorical';
}

function numericBinning(feature: string, values: readonly unknown[]): FeatureBinning {
  const sorted = Float64Array.from(values.map(numberOf).filter((value) => typeof value === 'number')).sort();
  const spread = quantile(sorted, 0.75) - quantile(sorted, 0.25);
  const few = distinctUpTo(sorted, BINS);
  const scale = spread / 1.349;
  const low = quantile(sorted, 0.001) - 3 * spread;
  const high = quantile(sorted, 0.999) + 3 * spread;
  return {
    feature,
    kind: 'numeric',
    edges: few === null ? quantileEdges(sorted, BINS) : edgesAround(few),
    fine: distinctEdges(sorted, FINE_BINS),
    categories: [],
    others: [],
    open: false,
    novelty: 0,
    low: sorted.length === 0 || !Number.isFinite(low) ? null : low,
    high: sorted.length === 0 || !Number.isFinite(high) ? null : high,
    centre: sorted.length === 0 ? 0 : quantile(sorted, 0.5),
    scale: scale > 0 && Number.isFinite(scale) ? scale : fallbackScale(sorted),
  };
}

/** For features whose middle half is one value: their range, or 1. */
function fallbackScale(sorted: Float64Array): number {
  const range = (sorted.at(-1) ?? 0) - (sorted[0] ?? 0);
  return range > 0 && Number.isFinite(range) ? range : 1;
}

/** The smallest value that at least the share `q` of the values do not exceed (the inverse of the distribution function). */
function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
}

function quantileEdges(sorted: Float64Array, bins: number): number[] {
  const edges = Array.from({ length: bins - 1 }, (_, index) => quantile(sorted, (index + 1) / bins));
  // An edge at the largest value would leave an empty bin that only out-of-range values reach: that is wanted for few values only.
  return [...new Set(edges)].filter((edge) => edge < (sorted.at(-1) ?? 0));
}

function distinctEdges(sorted: Float64Array, bins: number): number[] {
  const few = distinctUpTo(sorted, bins);
  return few === null ? quantileEdges(sorted, bins) : edgesAround(few);
}

/** Each value a bin of its own, and one below the first and one above the last: a constant that starts to move is seen. */
function edgesAround(values: readonly number[]): number[] {
  const first = values[0];
  return first === undefined ? [] : [below(first), ...values].filter(Number.isFinite);
}

/** The largest double below the value. */
function below(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  const bits = new BigInt64Array(1);
  const double = new Float64Array(bits.buffer);
  double[0] = value;
  bits[0] = (bits[0] ?? 0n) + (value > 0 ? -1n : 1n);
  return double[0];
}

function distinctUpTo(sorted: Float64Array, limit: number): number[] | null {
  const values: number[] = [];
  for (const value of sorted) {
    if (values.at(-1) === value) continue;
    if (values.length === limit) return null;
    values.push(value);
  }
  return values;
}

function categoricalBinning(feature: string, values: readonly unknown[]): FeatureBinning {
  const counts = new Map<string, number>();
  for (const value of values) {
    const category = categoryOf(value);
    if (typeof category === 'string') counts.set(category, (counts.get(category) ?? 0) + 1);
  }
  // By the text among equals, so that the same rows in another order give the same cells.
  const ordered = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const total = ordered.reduce((sum, [, count]) => sum + count, 0);
  const once = ordered.reduce((sum, [, count]) => sum + (count === 1 ? 1 : 0), 0);
  const open = ordered.length > KNOWN_CATEGORIES;
  const names = ordered.map(([name]) => name);
  return {
    feature,
    kind: 'categorical',
    edges: [],
    fine: [],
    categories: names.slice(0, TOP_CATEGORIES),
    others: open ? [] : names.slice(TOP_CATEGORIES),
    open,
    novelty: total === 0 ? 0 : once / total,
    low: null,
    high: null,
    centre: 0,
    scale: 1,
  };
}
