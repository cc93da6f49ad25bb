import { binIndex, cellCount, type FeatureBinning } from './feature-binning.ts';
import { categoryOf, numberOf } from './feature-value.ts';

/** Sums are of values within this many scales of the centre, rounded to 2⁻²⁰: then they add exactly, in any order, and never overflow. */
const SUM_LIMIT = 1_024;
const SUM_STEPS = 2 ** 20;

/**
 * What one window (or any other set of rows) says about one feature. Additive: profiles of two sets of rows, added, are the profile of
 * both together, to the bit. JSON. rows = missing + invalid + sum(counts).
 */
export type FeatureProfile = {
  rows: number;
  missing: number;
  /** ±Infinity and values of a wrong type. */
  invalid: number;
  /** Of the counted values: outside the binning's `low`…`high`. */
  outOfRange: number;
  /** Of the counted values: categories that the reference did not have. */
  unseen: number;
  /** Per cell of the binning. */
  counts: number[];
  /** Per fine bin; empty for a categorical feature. */
  fine: number[];
  /** Of (value − centre) / scale, and of its square; see `meanOf` and `deviationOf`. */
  sum: number;
  sumSquares: number;
  /** In the feature's unit; `null` when no number was counted. */
  min: number | null;
  max: number | null;
};

export type Profile = { rows: number; features: Record<string, FeatureProfile> };

export function emptyProfile(binnings: readonly FeatureBinning[]): Profile {
  return { rows: 0, features: Object.fromEntries(binnings.map((binning) => [binning.feature, emptyFeature(binning)])) };
}

export function emptyFeature(binning: FeatureBinning): FeatureProfile {
  return {
    rows: 0,
    missing: 0,
    invalid: 0,
    outOfRange: 0,
    unseen: 0,
    counts: new Array<number>(cellCount(binning)).fill(0),
    fine: new Array<number>(binning.kind === 'numeric' ? binning.fine.length + 1 : 0).fill(0),
    sum: 0,
    sumSquares: 0,
    min: null,
    max: null,
  };
}

/** Adds one row to the profile, in place. A feature that is no column of the row is missing. */
export function addRow(
  profile: Profile,
  binnings: readonly FeatureBinning[],
  columns: readonly string[],
  row: readonly unknown[],
): void {
  addRows(profile, binnings, columns, [row]);
}

/** Adds rows of the same columns to the profile, in place; much faster than one by one. */
export function addRows(
  profile: Profile,
  binnings: readonly FeatureBinning[],
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
): void {
  profile.rows += rows.length;
  for (const binning of binnings) {
    const feature = featureOf(profile, binning.feature);
    if (feature === undefined) continue;
    const column = columns.indexOf(binning.feature);
    const add = binning.kind === 'numeric' ? numericCounter(feature, binning) : categoricalCounter(feature, binning);
    for (const row of rows) {
      feature.rows += 1;
      add(column < 0 ? null : row[column]);
    }
  }
}

/** The profile of one feature; `undefined` for a name that the profile does not have (also for names such as `constructor`). */
export function featureOf(profile: Profile, feature: string): FeatureProfile | undefined {
  return Object.hasOwn(profile.features, feature) ? profile.features[feature] : undefined;
}

/**
 * The profile of the rows of both; both come from the same binnings. A feature that only one of them has is missing in all rows of
 * the other.
 */
export function mergeProfiles(a: Profile, b: Profile): Profile {
  const names = [...new Set([...Object.keys(a.features), ...Object.keys(b.features)])];
  const merged = names.map((name) => {
    const [one, other] = [featureOf(a, name), featureOf(b, name)];
    if (one !== undefined && other !== undefined) return [name, mergeFeatures(one, other)] as const;
    const rows = one === undefined ? a.rows : b.rows;
    const known = one ?? other;
    return [name, known === undefined ? undefined : withMissing(known, rows)] as const;
  });
  return {
    rows: a.rows + b.rows,
    features: Object.fromEntries(merged.flatMap(([name, feature]) => (feature === undefined ? [] : [[name, feature]]))),
  };
}

export function mergeFeatures(a: FeatureProfile, b: FeatureProfile): FeatureProfile {
  return {
    rows: a.rows + b.rows,
    missing: a.missing + b.missing,
    invalid: a.invalid + b.invalid,
    outOfRange: a.outOfRange + b.outOfRange,
    unseen: a.unseen + b.unseen,
    counts: addCounts(a.counts, b.counts),
    fine: addCounts(a.fine, b.fine),
    sum: a.sum + b.sum,
    sumSquares: a.sumSquares + b.sumSquares,
    min: a.min === null || b.min === null ? (a.min ?? b.min) : Math.min(a.min, b.min),
    max: a.max === null || b.max === null ? (a.max ?? b.max) : Math.max(a.max, b.max),
  };
}

/** Rows whose value was counted: neither missing nor invalid. */
export function countedRows(profile: FeatureProfile): number {
  return profile.rows - profile.missing - profile.invalid;
}

/** Mean in the feature's unit, of values cut at 1,024 scales from the centre; `null` without numbers. */
export function meanOf(profile: FeatureProfile, binning: FeatureBinning): number | null {
  const rows = countedRows(profile);
  if (binning.kind !== 'numeric' || rows === 0) return null;
  return finiteOrNull(binning.centre + (binning.scale * profile.sum) / rows);
}

/** Standard deviation (divided by n) in the feature's unit, of values cut at 1,024 scales; `null` without numbers. */
export function deviationOf(profile: FeatureProfile, binning: FeatureBinning): number | null {
  const rows = countedRows(profile);
  if (binning.kind !== 'numeric' || rows === 0) return null;
  const mean = profile.sum / rows;
  return finiteOrNull(binning.scale * Math.sqrt(Math.max(0, profile.sumSquares / rows - mean * mean)));
}

function numericCounter(feature: FeatureProfile, binning: FeatureBinning): (value: unknown) => void {
  const low = binning.low ?? Number.NEGATIVE_INFINITY;
  const high = binning.high ?? Number.POSITIVE_INFINITY;
  return (value) => {
    const number = numberOf(value);
    if (typeof number !== 'number') return void countNoValue(feature, number);
    increment(feature.counts, binIndex(binning.edges, number));
    increment(feature.fine, binIndex(binning.fine, number));
    if (number < low || number > high) feature.outOfRange += 1;
    const scaled = Math.min(SUM_LIMIT, Math.max(-SUM_LIMIT, (number - binning.centre) / binning.scale));
    feature.sum += Math.round(scaled * SUM_STEPS) / SUM_STEPS;
    feature.sumSquares += Math.round(scaled * scaled * SUM_STEPS) / SUM_STEPS;
    if (feature.min === null || number < feature.min) feature.min = number;
    if (feature.max === null || number > feature.max) feature.max = number;
  };
}

function categoricalCounter(feature: FeatureProfile, binning: FeatureBinning): (value: unknown) => void {
  const cells = new Map(binning.categories.map((category, index) => [category, index]));
  const others = new Set(binning.others);
  const other = binning.categories.length;
  return (value) => {
    const category = categoryOf(value);
    if (typeof category !== 'string') return void countNoValue(feature, category);
    const known = cells.get(category) ?? (binning.open || others.has(category) ? other : null);
    increment(feature.counts, known ?? other + 1);
    if (known === null) feature.unseen += 1;
  };
}

function countNoValue(feature: FeatureProfile, value: null | undefined): void {
  if (value === null) feature.missing += 1;
  else feature.invalid += 1;
}

function withMissing(feature: FeatureProfile, rows: number): FeatureProfile {
  return { ...feature, rows: feature.rows + rows, missing: feature.missing + rows };
}

function addCounts(a: readonly number[], b: readonly number[]): number[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, index) => (a[index] ?? 0) + (b[index] ?? 0));
}

function increment(counts: number[], index: number): void {
  counts[index] = (counts[index] ?? 0) + 1;
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
