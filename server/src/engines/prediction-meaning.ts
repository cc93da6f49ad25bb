import { type Static, Type } from 'typebox';
import { isList, isRecord, type Value } from './values.ts';

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

/** What a prediction means; evaluation, monitor and gate read it. */
export const PredictionMeaning = Type.Object(
  {
    kind: Type.Union([Type.Literal('probability'), Type.Literal('class'), Type.Literal('value')]),
    /** Output column, or position in a list of probabilities as text; null: the only output. */
    column: Nullable(Type.String()),
    /** A probability at or above it is the positive class. */
    threshold: Nullable(Type.Number()),
  },
  { additionalProperties: false },
);

export type PredictionMeaning = Static<typeof PredictionMeaning>;

/**
 * The one number or class that the output of a row means; null when the output has no such thing. Without a
 * column it is the only output, or the second of two: the probability of the positive class.
 */
export function scoreOf(
  output: Value,
  { kind, column }: Pick<PredictionMeaning, 'kind' | 'column'>,
): number | string | null {
  const value = pick(output, column);
  if (kind === 'class') return toClass(value);
  const number = typeof value === 'bigint' || typeof value === 'boolean' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

/** How classes are written, so that labels and predictions can be compared: `1`, `true`, `late`. */
export function toClass(value: Value): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : null;
  if (typeof value === 'string') return value;
  return typeof value === 'boolean' || typeof value === 'bigint' ? String(value) : null;
}

function pick(output: Value, column: string | null): Value {
  if (isList(output)) return single(pickItem(output, column));
  return isRecord(output) ? single(pickField(output, column)) : output;
}

function pickItem(list: readonly Value[], column: string | null): Value {
  if (column === null || list.length === 1) return list.length > 2 ? null : (list.at(-1) ?? null);
  return /^\d+$/.test(column) ? (list[Number(column)] ?? null) : null;
}

function pickField(record: { readonly [name: string]: Value }, column: string | null): Value {
  if (column !== null && Object.hasOwn(record, column)) return record[column] ?? null;
  const values = Object.values(record);
  return values.length === 1 || (column === null && values.length === 2) ? (values.at(-1) ?? null) : null;
}

/** A list of one is what it holds. */
function single(value: Value): Value {
  return isList(value) && value.length === 1 ? (value[0] ?? null) : value;
}
