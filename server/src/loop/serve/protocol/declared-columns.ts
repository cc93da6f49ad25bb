import type { Schema, Signature } from '../../../engines/signature.ts';
import { isList, isRecord, type ModelInput, type Table, type Value } from '../../../engines/values.ts';
import { adaptInput, type GivenInput } from './adapt-input.ts';

/** An input, and the columns that its endpoint declares but its model does not know. */
export interface SplitInput {
  /** With what came along, as it is captured. */
  readonly sent: ModelInput;
  /** What the model gets. */
  readonly input: ModelInput;
}

/**
 * Key and event time of an endpoint may come along although they are no input of its model: they are taken out
 * before it sees them. @throws SERVE_REQUEST_INVALID
 */
export function splitInput(
  signature: Signature | null,
  given: GivenInput,
  declared: readonly (string | null)[],
): SplitInput {
  const schema = signature?.inputs ?? null;
  const extra = declared.filter((name) => name !== null).filter((name) => schema !== null && !knows(schema, name));
  if (extra.length === 0) return same(adaptInput(signature, given));
  if (given.kind === 'named' && schema?.kind === 'tensors') {
    return same(adaptInput(signature, { kind: 'named', tensors: withoutFields(given.tensors, extra) }));
  }
  const sent = adaptInput(signature, given);
  if (sent.kind === 'table') return { sent, input: dropsExtra(schema) ? sent : withoutColumns(sent, extra) };
  return isRecord(sent.tensor)
    ? { sent, input: { kind: 'tensor', tensor: withoutFields(sent.tensor, extra) } }
    : same(sent);
}

/** One value per row of what a request calls so, before anybody knows its model; null when it has no such column. */
export function columnOf(given: GivenInput, name: string): readonly Value[] | null {
  if (given.kind === 'named') return valuesOf(given.tensors, name);
  if (given.kind === 'tensor') return isRecord(given.tensor) ? valuesOf(given.tensor, name) : null;
  const { columns, rows } = given.kind === 'csv' ? given.table : given;
  const at = columns.indexOf(name);
  return at < 0 ? null : rows.map((row) => row[at] ?? null);
}

function same(input: ModelInput): SplitInput {
  return { sent: input, input };
}

function knows(schema: Schema, name: string): boolean {
  const parts = schema.kind === 'columns' ? schema.columns : schema.tensors;
  return parts.some((part) => part.name === name);
}

/** Columns by name are picked by the engine; those by position are counted. */
function dropsExtra(schema: Schema | null): boolean {
  return schema?.kind === 'columns' && schema.columns[0]?.name !== null;
}

function withoutColumns({ columns, rows }: Table, names: readonly string[]): Table {
  const kept = [...columns.keys()].filter((at) => !names.includes(columns[at] ?? ''));
  if (kept.length === columns.length) return { kind: 'table', columns, rows };
  return {
    kind: 'table',
    columns: kept.map((at) => columns[at] ?? ''),
    rows: rows.map((row) => kept.map((at) => row[at] ?? null)),
  };
}

function withoutFields(record: { readonly [name: string]: Value }, names: readonly string[]) {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}

function valuesOf(record: { readonly [name: string]: Value }, name: string): readonly Value[] | null {
  if (!Object.hasOwn(record, name)) return null;
  const column = record[name] ?? null;
  if (!isList(column)) return [column];
  return column.map((one) => (isList(one) && one.length === 1 ? (one[0] ?? null) : one));
}
