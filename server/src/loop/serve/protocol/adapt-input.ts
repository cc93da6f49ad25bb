import type { Schema, Signature } from '../../../engines/signature.ts';
import { isList, isRecord, type ModelInput, type Table, type Value } from '../../../engines/values.ts';
import { serveErrors } from '../errors.ts';
import { inferTypes } from './parse-csv.ts';

/** An input as the protocol has it, before a deployment is chosen; its model decides what it means. */
export type GivenInput =
  | ModelInput
  | { readonly kind: 'csv'; readonly table: Table }
  /** Arrays by name, also where there is one. */
  | { readonly kind: 'named'; readonly tensors: { readonly [name: string]: Value } };

const TEXTS: ReadonlySet<string> = new Set(['string', 'binary', 'datetime']);

/** Arrays by name are the columns of a model that takes columns, and CSV gets its types. @throws SERVE_REQUEST_INVALID */
export function adaptInput(signature: Signature | null, input: GivenInput): ModelInput {
  const schema = signature?.inputs ?? null;
  if (input.kind === 'csv') {
    const texts = schema?.kind === 'columns' ? schema.columns.filter(({ type }) => TEXTS.has(type)) : [];
    const names = new Set(texts.map(({ name }) => name));
    return inferTypes(input.table, (column) => names.has(column));
  }
  if (input.kind === 'named') return adaptNamed(schema, input.tensors);
  if (input.kind === 'table' || schema?.kind !== 'columns') return input;
  if (isRecord(input.tensor)) return toTable(input.tensor);
  return schema.columns[0]?.name === null ? positional(input.tensor) : input;
}

/** The only array of a model whose input has no name is that input, whatever the caller calls it. */
function adaptNamed(schema: Schema | null, tensors: { readonly [name: string]: Value }): ModelInput {
  if (schema?.kind === 'columns') return toTable(tensors);
  const arrays = Object.values(tensors);
  const nameless = schema === null || (schema.tensors.length === 1 && schema.tensors[0]?.name === null);
  return { kind: 'tensor', tensor: nameless && arrays.length === 1 ? (arrays[0] ?? null) : tensors };
}

/** Columns by name, each with one value per row; a value without rows is a single one. */
function toTable(byName: { readonly [name: string]: Value }): Table {
  const columns = Object.keys(byName);
  const values = columns.map((name) => flat(byName[name] ?? null));
  const count = values[0]?.length ?? 0;
  const odd = values.findIndex((column) => column.length !== count);
  if (odd >= 0) {
    throw serveErrors.REQUEST_INVALID({
      problem: `The column ${columns[odd] ?? ''} has ${values[odd]?.length ?? 0} values, and ${columns[0] ?? ''} has ${count}.`,
    });
  }
  const rows = Array.from({ length: count }, (_, at) => values.map((column) => column[at] ?? null));
  return { kind: 'table', columns, rows };
}

/** A column may come as one number per row, or as rows of one number. */
function flat(column: Value): readonly Value[] {
  if (!isList(column)) return [column];
  return column.every((one) => isList(one) && one.length === 1)
    ? column.map((one) => (one as Value[])[0] ?? null)
    : column;
}

/** Rows without names, for a signature that goes by position. */
function positional(tensor: Value): ModelInput {
  if (!isList(tensor)) return { kind: 'tensor', tensor };
  const rows = tensor.map((row) => (isList(row) ? row : [row]));
  const width = rows[0]?.length ?? 0;
  return { kind: 'table', columns: Array.from({ length: width }, (_, at) => String(at)), rows };
}
