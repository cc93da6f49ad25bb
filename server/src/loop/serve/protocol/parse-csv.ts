import type { Table, Value } from '../../../engines/values.ts';
import { serveErrors } from '../errors.ts';

/** What pandas reads as missing. */
const MISSING: ReadonlySet<string> = new Set([
  ...['', '#N/A', '#N/A N/A', '#NA', '-1.#IND', '-1.#QNAN', '-NaN', '-nan', '1.#IND', '1.#QNAN', '<NA>'],
  ...['N/A', 'NA', 'NULL', 'NaN', 'None', 'n/a', 'nan', 'null'],
]);

/** CSV with a header row; cells are text or missing. @throws SERVE_REQUEST_INVALID */
export function parseCsv(text: string): Table {
  const [columns, ...rows] = splitCsv(text.startsWith('\uFEFF') ? text.slice(1) : text);
  if (!columns) throw invalid('it is empty; the first line names the columns');
  for (const [at, row] of rows.entries()) {
    if (row.length !== columns.length) {
      throw invalid(`row ${at} has ${row.length} cells for ${columns.length} columns`);
    }
  }
  return { kind: 'table', columns, rows: rows.map((row) => row.map((cell) => (MISSING.has(cell) ? null : cell))) };
}

const NUMBER = /^\s*[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*$/;

/** Cells of the columns for which `isText` is false become numbers or booleans where all of a column are. */
export function inferTypes({ columns, rows }: Table, isText: (column: string) => boolean): Table {
  const converters = columns.map((name, at) =>
    isText(name) ? keep : converterFor(rows.map((row) => row[at] ?? null)),
  );
  return {
    kind: 'table',
    columns,
    rows: rows.map((row) => row.map((cell, at) => (cell === null ? null : (converters[at] ?? keep)(cell)))),
  };
}

type Convert = (cell: Value) => Value;
const keep: Convert = (cell) => cell;

function converterFor(cells: readonly Value[]): Convert {
  const present = cells.filter((cell): cell is string => typeof cell === 'string');
  if (present.every((cell) => NUMBER.test(cell))) return toNumber;
  return present.every((cell) => /^(true|false)$/i.test(cell)) ? (cell) => /^true$/i.test(String(cell)) : keep;
}

function toNumber(cell: Value): Value {
  const number = Number(cell);
  const text = String(cell).trim();
  return !Number.isSafeInteger(number) && /^[+-]?\d{1,40}$/.test(text) ? BigInt(text.replace(/^\+/, '')) : number;
}

/** Lines and cells; a quoted cell may hold commas, quotes (twice) and line ends. */
function splitCsv(text: string): string[][] {
  const lines: string[][] = [];
  const token = /("[^"]*(?:""[^"]*)*"|[^,\r\n"]*)(,|\r\n|\n|\r|$)/y;
  let cells: string[] = [];
  while (token.lastIndex < text.length || cells.length > 0) {
    const start = token.lastIndex;
    const found = readToken(token, text);
    if (!found) throw invalid(`a quote is not closed, or stands where none may, at character ${start}`);
    const [, cell = '', end] = found;
    cells.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === ',') continue;
    if (cells.length > 1 || cells[0] !== '') lines.push(cells);
    cells = [];
  }
  return lines;
}

/** A cell of millions of quotes is more than the engine of expressions takes. */
function readToken(token: RegExp, text: string): RegExpExecArray | null {
  try {
    return token.exec(text);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function invalid(problem: string) {
  return serveErrors.REQUEST_INVALID({ problem: `The CSV cannot be read: ${problem}.` });
}
