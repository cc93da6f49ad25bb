import { isDistribution } from './compare-outputs.ts';
import { findFloat32Column, findSwappedColumns, type Probe } from './probe-columns.ts';
import type { RowResult } from './replay-golden.ts';
import { isList, type Value } from './values.ts';

interface Pair {
  readonly expected: Value;
  readonly got: Value;
}

/** The likely cause of answers that differ when rows are sent one by one; `null` when nothing fits. */
export async function explainDifference(probe: Probe, results: readonly RowResult[]): Promise<string | null> {
  const differing = results.filter(({ comparison }) => !comparison.same);
  const pairs = differing
    .filter(({ refusal }) => refusal === null)
    .map(({ golden, got }) => ({ expected: golden.expected, got }));
  const pattern = pairs.length === 0 ? null : (explainShape(pairs) ?? explainClass(pairs) ?? explainScale(pairs));
  if (pattern !== null) return pattern;
  return (
    (await findSwappedColumns(probe, differing)) ??
    explainMissing(results, differing) ??
    explainUnseen(results, differing) ??
    (await findFloat32Column(probe, differing))
  );
}

/** Labels for probabilities and the like. */
function explainShape(pairs: readonly Pair[]): string | null {
  const all = (test: (pair: Pair) => boolean) => pairs.every(test);
  if (all(({ expected, got }) => isDistribution(expected) && !isList(got))) {
    return 'Probabilities were recorded and labels come back: the model is asked with predict instead of predict_proba.';
  }
  if (all(({ expected, got }) => !isList(expected) && isDistribution(got))) {
    return 'Labels were recorded and probabilities come back: the model is asked with predict_proba instead of predict.';
  }
  if (all(({ expected, got }) => isProbability(expected) && isBinary(got) && got === Math.round(Number(expected)))) {
    return 'The answers are the recorded probabilities rounded to 0 or 1: labels come back instead of probabilities.';
  }
  if (all(({ expected, got }) => typeof expected !== typeof got && String(expected) === String(got))) {
    return 'The answers are the recorded ones as another type (text for a number, or a number for true and false).';
  }
  return null;
}

/** The other class: answers are 1 − p, lists are reversed, or each label is the other one. */
function explainClass(pairs: readonly Pair[]): string | null {
  const reversed = ({ expected, got }: Pair) =>
    isDistribution(expected) && isDistribution(got) && expected.every((one, at) => near(one, got.at(-1 - at)));
  const complement = ({ expected, got }: Pair) =>
    isProbability(expected) && isProbability(got) && near(Number(expected), 1 - Number(got));
  if (pairs.every(reversed) || pairs.every(complement)) {
    return 'The answers are 1 − p of the recorded ones: the positive class is another one, or the classes stand in another order.';
  }
  const values = pairs.flatMap(({ expected, got }) => [expected, got]);
  const labels = new Set(values.map(String));
  if (pairs.length >= 3 && labels.size === 2 && values.every(isLabel)) {
    return 'Of two labels the other one comes back wherever answers differ: the positive class is another one, or the threshold.';
  }
  return null;
}

const SCALES: readonly (readonly [pattern: string, transform: (value: number) => number])[] = [
  ['they are the logits of the recorded probabilities', (p) => Math.log(p / (1 - p))],
  ['they are the recorded values after log(1 + x), so the target is not transformed back', Math.log1p],
  ['they are the logarithms of the recorded values, so the target is not transformed back', Math.log],
  ['they are the exponentials of the recorded values', Math.exp],
  ['they have the other sign', (x) => -x],
];

function explainScale(pairs: readonly Pair[]): string | null {
  const numbers = pairs.filter(({ expected, got }) => typeof expected === 'number' && typeof got === 'number');
  if (pairs.length < 3 || numbers.length < pairs.length) return null;
  const fits = (transform: (value: number) => number) =>
    numbers.every(({ expected, got }) => near(transform(Number(expected)), Number(got)));
  const found = SCALES.find(([, transform]) => fits(transform));
  if (found) return `All answers that differ have one pattern: ${found[0]}.`;
  const largest = numbers.reduce((best, one) =>
    Math.abs(Number(one.expected)) > Math.abs(Number(best.expected)) ? one : best,
  );
  const factor = Number(largest.got) / Number(largest.expected);
  if (!Number.isFinite(factor) || factor === 0 || !fits((x) => x * factor)) return null;
  return `All answers that differ are ${Number(factor.toPrecision(4))} times the recorded ones: another unit, or a lost scaling.`;
}

function explainMissing(results: readonly RowResult[], differing: readonly RowResult[]): string | null {
  const concerns = ({ golden }: RowResult) => golden.values.some(isMissing);
  if (!differing.every(concerns) || results.every(concerns)) return null;
  const columns = new Set(
    differing.flatMap(({ golden }) =>
      golden.values.flatMap((value, at) => (isMissing(value) ? [golden.request.columns[at] ?? `column ${at}`] : [])),
    ),
  );
  const how = differing.some(({ refusal }) => refusal !== null) ? 'are refused' : 'are answered in another way';
  const where = [...columns].slice(0, 10).join(', ');
  return `Only rows with missing values (${where}) ${how}: an imputer was dropped, or missing values are encoded in another way.`;
}

function explainUnseen(results: readonly RowResult[], differing: readonly RowResult[]): string | null {
  const concerns = ({ golden }: RowResult) => golden.request.name.startsWith('edge:unseen');
  if (!differing.every(concerns) || results.every(concerns)) return null;
  return 'Only rows with a category that training did not see differ: the encoder treats unknown categories in another way.';
}

function isMissing(value: Value): boolean {
  return value === null || Number.isNaN(value);
}

function isLabel(value: Value): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isInteger(value);
}

function isProbability(value: Value): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

function isBinary(value: Value): boolean {
  return value === 0 || value === 1;
}

function near(a: number, b: number | undefined): boolean {
  return b !== undefined && Math.abs(a - b) <= 1e-4 * Math.max(1, Math.abs(a));
}
