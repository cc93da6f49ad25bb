import {
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  DuckDBDateValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  type DuckDBValue,
  FLOAT,
  INTEGER,
  TIMESTAMP,
  TIMESTAMPTZ,
  VARCHAR,
} from '@duckdb/node-api';
import { parquetErrors } from './errors.ts';
import type { Sandbox } from './sandbox.ts';
import { quote, quoteName } from './table-file.ts';
import { cellOf, type WrittenColumn, type WrittenType } from './written-column.ts';

const TYPES: Readonly<Record<WrittenType, DuckDBType>> = {
  ...{ double: DOUBLE, float: FLOAT, bigint: BIGINT, integer: INTEGER, boolean: BOOLEAN, varchar: VARCHAR },
  ...{ date: DATE, timestamp: TIMESTAMP, timestamptz: TIMESTAMPTZ },
};
/** Rows in a chunk of DuckDB; always the same, so that how the rows came leaves no trace in the file. */
const CHUNK = 2048;

interface Target {
  readonly file: string;
  readonly columns: readonly WrittenColumn[];
}

/** In the thread: rows into one Parquet file; the same rows give the same bytes. @throws PARQUET_VALUE_REFUSED */
export async function appendRows(
  sandbox: Sandbox,
  batches: AsyncIterable<readonly (readonly unknown[])[]>,
  { file, columns }: Target,
): Promise<{ rows: number }> {
  const list = columns.map(({ name, type }) => `${quoteName(name)} ${type}`).join(', ');
  await sandbox.run(`create temp table t (${list})`);
  const total = await fillTable(sandbox, batches, columns);
  await sandbox.run(`copy (select * from t) to ${quote(file)} (format parquet, compression zstd)`);
  return { rows: total };
}

async function fillTable(
  sandbox: Sandbox,
  batches: AsyncIterable<readonly (readonly unknown[])[]>,
  columns: readonly WrittenColumn[],
): Promise<number> {
  using table = await sandbox.append(
    't',
    columns.map(({ type }) => TYPES[type]),
  );
  let chunk: DuckDBValue[][] = columns.map(() => []);
  let total = 0;
  for await (const rows of batches) {
    for (const row of rows) {
      for (const [at, column] of columns.entries()) chunk[at]?.push(cellValue(column, row[at], total));
      total += 1;
      if (total % CHUNK > 0) continue;
      table.add(chunk);
      chunk = columns.map(() => []);
    }
  }
  if (total % CHUNK > 0) table.add(chunk);
  return total;
}

function cellValue({ name, type }: WrittenColumn, value: unknown, row: number): DuckDBValue {
  const cell = cellOf(type, value);
  if (cell === undefined) {
    throw parquetErrors.VALUE_REFUSED({ row, column: name, type, value: String(value).slice(0, 100) });
  }
  if (cell === null) return null;
  if (type === 'date') return new DuckDBDateValue(Number(cell));
  if (type === 'timestamp') return new DuckDBTimestampValue(BigInt(cell));
  return type === 'timestamptz' ? new DuckDBTimestampTZValue(BigInt(cell)) : cell;
}
