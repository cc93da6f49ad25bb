import { conformCell } from './conform-cell.ts';
import { conformTensor } from './conform-tensor.ts';
import { engineErrors } from './errors.ts';
import type { Column, Signature } from './signature.ts';
import type { ModelInput, Table, Value } from './values.ts';

/**
 * Brings an input into the form that the signature declares: columns in its order, extra ones dropped, whole
 * numbers where it wants them. Problems name columns and never values, since callers' logs keep them.
 * @throws ENGINE_INPUT_REFUSED
 */
export function conformInput(signature: Signature | null, input: ModelInput): ModelInput {
  const schema = signature?.inputs;
  if (!schema) return input;
  if (schema.kind === 'tensors') return { kind: 'tensor', tensor: conformTensor(schema.tensors, input) };
  if (input.kind === 'tensor') {
    throw refused('The model takes columns by name: send dataframe_split, dataframe_records or inputs by column.');
  }
  return conformTable(schema.columns, input);
}

function conformTable(columns: readonly Column[], table: Table): Table {
  const present = locate(columns, table);
  const used = present.filter(({ at }) => at >= 0);
  const missing = present.filter(({ at, column }) => at < 0 && column.required).map(({ name }) => name);
  if (missing.length > 0) throw refused(missingMessage(missing, extraColumns(columns, table)));
  const rows: Value[][] = [];
  for (const [number, row] of table.rows.entries()) {
    if (row.length !== table.columns.length) {
      throw refused(`Row ${number} has ${row.length} values for ${table.columns.length} columns.`);
    }
    rows.push(
      used.map(({ column, name, at }) => {
        const conformed = conformCell(column.type, row[at] ?? null);
        if (conformed === undefined) throw refused(cellMessage(name, column, row[at] ?? null, number));
        return conformed;
      }),
    );
  }
  return { kind: 'table', columns: used.map(({ name }) => name), rows };
}

interface Located {
  readonly column: Column;
  readonly name: string;
  /** Position in the table, or -1. */
  readonly at: number;
}

function locate(columns: readonly Column[], table: Table): Located[] {
  const positions = new Map(table.columns.map((name, at) => [name, at]));
  if (positions.size !== table.columns.length) throw refused('A column is named twice.');
  return columns.map((column, index) => {
    if (column.name !== null) return { column, name: column.name, at: positions.get(column.name) ?? -1 };
    return { column, name: table.columns[index] ?? String(index), at: index < table.columns.length ? index : -1 };
  });
}

function extraColumns(columns: readonly Column[], table: Table): string[] {
  const known = new Set(columns.map(({ name }) => name));
  return columns[0]?.name === null ? [] : table.columns.filter((name) => !known.has(name));
}

const SHOWN = 20;

function missingMessage(missing: readonly string[], extra: readonly string[]): string {
  const also = extra.length === 0 ? '' : ` There are columns that it does not know: ${list(extra)}.`;
  return `The model is missing the column${missing.length === 1 ? '' : 's'} ${list(missing)}.${also}`;
}

function cellMessage(name: string, { type }: Column, value: Value, row: number): string {
  const found = value === null || Number.isNaN(value) ? 'missing' : describe(value);
  const hint =
    (type === 'long' || type === 'integer') && found === 'missing'
      ? ' Whole numbers cannot be missing: train on a double column if values may be absent.'
      : '';
  return `The column ${short(name)} must be ${type}, but it is ${found} in row ${row}.${hint}`;
}

function describe(value: Value): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'a whole number' : 'a number with a fraction';
  if (typeof value === 'bigint') return 'a whole number';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'true or false';
  return Array.isArray(value) ? 'a list' : 'an object';
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).map(short).join(', ');
  return names.length > SHOWN ? `${shown} and ${names.length - SHOWN} more` : shown;
}

function short(name: string): string {
  return name.length > 100 ? `${name.slice(0, 100)}…` : name;
}

function refused(problem: string) {
  return engineErrors.INPUT_REFUSED({ problem });
}
