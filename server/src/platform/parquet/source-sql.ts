import { parquetErrors } from './errors.ts';
import { readingProblem } from './group-tables.ts';
import type { Sandbox } from './sandbox.ts';
import { readSql, type TableFile } from './table-file.ts';

export interface DescribedColumn {
  readonly name: string;
  /** DuckDB's own word. */
  readonly type: string;
}

/** A relation over all files in their order, whatever their formats; columns go by name. */
export function sourceSql(files: readonly TableFile[]): string {
  const parts: TableFile[][] = [];
  for (const file of files) {
    const last = parts.at(-1);
    if (last?.[0]?.format === file.format) last.push(file);
    else parts.push([file]);
  }
  return `(${parts.map((part) => `select * from ${readSql(part)}`).join(' union all by name ')})`;
}

/** Columns of the files taken together. @throws PARQUET_UNREADABLE */
export async function describeSource(
  { query }: Pick<Sandbox, 'query'>,
  files: readonly TableFile[],
): Promise<DescribedColumn[]> {
  if (files.length === 0) return [];
  const found = await query(`describe select * from ${sourceSql(files)}`).catch((error: unknown) =>
    refuseFiles(error, files),
  );
  return found.map((column) => ({ name: String(column['column_name']), type: String(column['column_type']) }));
}

/** @throws PARQUET_COLUMN_MISSING */
export function pickColumns(
  described: readonly DescribedColumn[],
  names: readonly string[],
  files: readonly TableFile[],
): DescribedColumn[] {
  return names.map((name) => {
    const column = described.find((one) => one.name === name);
    if (column) return column;
    const columns = described.map((one) => one.name).join(', ');
    throw parquetErrors.COLUMN_MISSING({ files: namesOf(files), column: name, columns });
  });
}

/** Tells what DuckDB could not read; interrupts and lack of memory are thrown on. @throws PARQUET_UNREADABLE */
export function refuseFiles(error: unknown, files: readonly TableFile[]): never {
  const reason = readingProblem(error, files);
  throw parquetErrors.UNREADABLE({ file: namesOf(files), format: files[0]?.format ?? 'a table', reason });
}

function namesOf(files: readonly TableFile[]): string {
  const names = files.slice(0, 3).map(({ name }) => name);
  return files.length > 3 ? `${names.join(', ')} and ${files.length - 3} more` : names.join(', ');
}
