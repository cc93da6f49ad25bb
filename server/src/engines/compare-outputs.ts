import type { Schema } from './signature.ts';
import { isList, isRecord, type Value } from './values.ts';

/** Largest difference of a number that is no difference: absolute below 1, relative above. */
export const TOLERANCE = 1e-4;

export interface Comparison {
  readonly same: boolean;
  /** Largest difference of a number in it; infinite when one side is no number. */
  readonly difference: number;
  /** The label, or the decision, is another one. */
  readonly flip: boolean;
  /** Which output of the row differs first; null when there is one only. */
  readonly output: string | null;
  readonly expected: Value;
  readonly got: Value;
}

export interface CompareOptions {
  /** Numbers are labels or counts: no tolerance. */
  readonly exact: boolean;
  /** A probability at or above it is the positive class. */
  readonly threshold: number | null;
  /** Output column or position that the threshold is about; null: the only one. */
  readonly column: string | null;
}

/** Compares what a model answered for one row with what it should have answered. */
export function compareOutputs(expected: Value, got: Value, options: CompareOptions): Comparison {
  const leaves = walk(expected, got, null, options.exact);
  const worst = leaves.find(({ same }) => !same);
  const flip = isFlip(expected, got, options) || leaves.some(({ label, same }) => label && !same);
  const shown = worst ?? { output: null, expected, got };
  return {
    same: worst === undefined && !flip,
    difference: leaves.reduce((most, leaf) => Math.max(most, leaf.difference), 0),
    flip,
    output: shown.output,
    expected: shown.expected,
    got: shown.got,
  };
}

interface Leaf {
  readonly output: string | null;
  readonly expected: Value;
  readonly got: Value;
  readonly same: boolean;
  readonly difference: number;
  /** Text, boolean or whole number: a label, where a difference is a flip. */
  readonly label: boolean;
}

function walk(expected: Value, got: Value, output: string | null, exact: boolean): Leaf[] {
  const name = (key: string | number) => (output === null ? String(key) : `${output}.${key}`);
  if (isList(expected) && isList(got) && expected.length === got.length) {
    return expected.flatMap((one, at) => walk(one, got[at] ?? null, name(at), exact));
  }
  if (isRecord(expected) && isRecord(got) && sameKeys(expected, got)) {
    return Object.entries(expected).flatMap(([key, one]) => walk(one, got[key] ?? null, name(key), exact));
  }
  if (typeof expected === 'number' && typeof got === 'number') return [compareNumbers(expected, got, output, exact)];
  const same = !isList(expected) && !isRecord(expected) && expected === got;
  const label = typeof expected === typeof got && (typeof expected === 'string' || typeof expected === 'boolean');
  return [{ output, expected, got, same, difference: same ? 0 : Number.POSITIVE_INFINITY, label }];
}

function compareNumbers(expected: number, got: number, output: string | null, exact: boolean): Leaf {
  if (Object.is(expected, got) || expected === got) {
    return { output, expected, got, same: true, difference: 0, label: exact };
  }
  const difference = Math.abs(expected - got);
  if (!Number.isFinite(difference)) {
    return { output, expected, got, same: false, difference: Number.POSITIVE_INFINITY, label: exact };
  }
  const same = !exact && difference <= TOLERANCE * Math.max(1, Math.abs(expected));
  return { output, expected, got, same, difference, label: exact };
}

function isFlip(expected: Value, got: Value, { threshold, column, exact }: CompareOptions): boolean {
  if (exact) return false;
  if (threshold !== null) {
    const before = pick(expected, column);
    const after = pick(got, column);
    if (before !== null && after !== null) return before >= threshold !== after >= threshold;
  }
  return isDistribution(expected) && isDistribution(got) && argmax(expected) !== argmax(got);
}

function pick(value: Value, column: string | null): number | null {
  if (typeof value === 'number') return value;
  const inner = isList(value)
    ? value[column === null ? value.length - 1 : Number(column)]
    : isRecord(value)
      ? value[column ?? Object.keys(value)[0] ?? '']
      : undefined;
  return typeof inner === 'number' ? inner : null;
}

/** Probabilities of classes: at least two, none negative, one in sum. */
export function isDistribution(value: Value): value is readonly number[] {
  if (!isList(value) || value.length < 2) return false;
  let sum = 0;
  for (const one of value) {
    if (typeof one !== 'number' || !(one >= -TOLERANCE)) return false;
    sum += one;
  }
  return Math.abs(sum - 1) < 1e-3;
}

function argmax(list: readonly number[]): number {
  return list.reduce((best, one, at) => (one > (list[best] ?? Number.NEGATIVE_INFINITY) ? at : best), 0);
}

function sameKeys(a: object, b: object): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key));
}

/** Whether the signature says that all outputs are whole numbers, texts or booleans. */
export function isExact(outputs: Schema | null | undefined, recorded: readonly Value[]): boolean {
  if (outputs?.kind === 'columns') return outputs.columns.every(({ type }) => !INEXACT_COLUMNS.has(type));
  if (outputs?.kind === 'tensors') return outputs.tensors.every(({ dtype }) => !dtype.startsWith('float'));
  return recorded.length > 0 && recorded.every(isWhole);
}

function isWhole(value: Value): boolean {
  if (isList(value)) return value.every(isWhole);
  if (isRecord(value)) return Object.values(value).every(isWhole);
  return typeof value !== 'number' || Number.isInteger(value);
}

const INEXACT_COLUMNS: ReadonlySet<string> = new Set(['float', 'double', 'array', 'object', 'map', 'any']);
