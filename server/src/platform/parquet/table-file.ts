export type TableFormat = 'csv' | 'parquet' | 'jsonl';

/** One file that holds rows. */
export interface TableFile {
  /** Absolute, and free of the characters that a pattern could be made of (`*?[]{}`). */
  readonly path: string;
  /** How results call it. */
  readonly name: string;
  readonly format: TableFormat;
}

const endings: Readonly<Record<string, TableFormat>> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.csv.gz': 'csv',
  '.tsv.gz': 'csv',
  '.parquet': 'parquet',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.jsonl.gz': 'jsonl',
  '.ndjson.gz': 'jsonl',
};

/** The ending by which a file name says that it holds rows, like `.csv.gz`, or null. */
export function tableEnding(name: string): string | null {
  const match = /(\.[a-z]+)(\.gz)?$/.exec(name.toLowerCase());
  return match !== null && match[0] in endings ? match[0] : null;
}

/** The format that a file name stands for, or null when it is no table. */
export function tableFormat(name: string): TableFormat | null {
  return endings[tableEnding(name) ?? ''] ?? null;
}

/** What a CSV file may write for a missing value. */
export const CSV_NULLS = ['', 'NA', 'N/A', 'NaN', 'nan', 'null', 'NULL'] as const;

/** The table function that reads these files as one table; all have one format. */
export function readSql(files: readonly TableFile[], options: { readonly sample?: boolean } = {}): string {
  const list = `[${files.map(({ path }) => quote(path)).join(', ')}]`;
  const format = files[0]?.format;
  if (format === 'parquet') return `read_parquet(${list}, union_by_name = true, hive_partitioning = false)`;
  const rows = options.sample === true ? 20_480 : -1;
  const common = `${list}, union_by_name = true, hive_partitioning = false, sample_size = ${rows}`;
  if (format === 'jsonl') return `read_json(${common}, format = 'newline_delimited')`;
  return `read_csv(${common}, nullstr = [${CSV_NULLS.map(quote).join(', ')}])`;
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
