import type { Sandbox } from './sandbox.ts';
import { describeSource, pickColumns, refuseFiles, sourceSql } from './source-sql.ts';
import { quoteName, type TableFile } from './table-file.ts';
import { columnKind } from './table-profile.ts';

interface Reading {
  readonly columns: readonly string[] | null;
  readonly batchRows: number;
}

/** In the thread: the rows of all files, in order. @throws PARQUET_UNREADABLE, PARQUET_COLUMN_MISSING */
export async function* streamRows(
  sandbox: Sandbox,
  files: readonly TableFile[],
  { columns, batchRows }: Reading,
): AsyncGenerator<{ columns: string[]; rows: unknown[][] }> {
  const described = await describeSource(sandbox, files);
  const wanted = columns === null ? described : pickColumns(described, columns, files);
  if (wanted.length === 0) return;
  const names = wanted.map(({ name }) => name);
  const cells = wanted.map(({ name, type }) => cellSql(quoteName(name), type));
  const isWhole = wanted.map(({ type }) => columnKind(type) === 'integer');
  let rows: unknown[][] = [];
  try {
    for await (const chunk of sandbox.stream(`select ${cells.join(', ')} from ${sourceSql(files)}`)) {
      const values = chunk.map((column, at) => (isWhole[at] === true ? column.map(wholeNumber) : column));
      const count = values[0]?.length ?? 0;
      for (let at = 0; at < count; at += 1) rows.push(values.map((column) => column[at]));
      if (rows.length < batchRows) continue;
      for (let at = 0; at + batchRows <= rows.length; at += batchRows) {
        yield { columns: names, rows: rows.slice(at, at + batchRows) };
      }
      rows = rows.slice(rows.length - (rows.length % batchRows));
    }
  } catch (error) {
    refuseFiles(error, files);
  }
  if (rows.length > 0) yield { columns: names, rows };
}

/** How a value leaves DuckDB: whole numbers and doubles as they are, times in ISO 8601 and UTC, all else as text. */
function cellSql(column: string, type: string): string {
  const kind = columnKind(type);
  if (kind === 'integer' || kind === 'boolean') return column;
  if (kind === 'number') return `${column}::double`;
  if (kind === 'timestamp') return `strftime(${column}::timestamp, '%Y-%m-%dT%H:%M:%S.%gZ')`;
  if (kind === 'nested') return `to_json(${column})::varchar`;
  return kind === 'bytes' ? `to_base64(${column})` : `${column}::varchar`;
}

function wholeNumber(value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}
