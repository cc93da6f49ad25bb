/** The kinds of value that statistics tell apart; `type` of a column is DuckDB's own word. */
export type ColumnKind = 'integer' | 'number' | 'boolean' | 'text' | 'date' | 'timestamp' | 'time' | 'bytes' | 'nested';

/** An integer beyond 2^53 is text; so are dates and times (ISO 8601, UTC). */
export type CellValue = number | string | boolean | null;

export interface ColumnSchema {
  readonly name: string;
  readonly type: string;
  readonly kind: ColumnKind;
}

/** What is in one column. Every number is exact, and the same on each run; null where it has no meaning. */
export interface ColumnProfile extends ColumnSchema {
  readonly nulls: number;
  /** Different values, without null. */
  readonly distinct: number | null;
  readonly min: CellValue;
  readonly max: CellValue;
  /** Of finite values; `sd` is the sample standard deviation (n − 1). */
  readonly mean: number | null;
  readonly sd: number | null;
  readonly nan: number;
  readonly infinite: number;
  /** Of finite values, linear interpolation as in numpy. Keys are p01 p05 p25 p50 p75 p95 p99. */
  readonly quantiles: Readonly<Record<string, number>> | null;
  /** The most frequent values; ties by value. Text is cut after 200 characters. */
  readonly top: readonly { readonly value: CellValue; readonly count: number }[];
  /** Bins of equal width: counts[i] lies in (edges[i], edges[i + 1]], the first bin takes its lower edge too. Times in ms. */
  readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly number[] } | null;
  /** Characters of text. */
  readonly length: { readonly min: number; readonly mean: number; readonly max: number } | null;
}

export interface TableProfile {
  /** The file's name, or a pattern like `2013/*.csv` for several files with the same columns. */
  readonly name: string;
  readonly format: string;
  readonly files: readonly string[];
  readonly rows: number;
  readonly columns: readonly ColumnProfile[];
}

export interface TableProfiles {
  readonly tables: readonly TableProfile[];
  /** Files that are no table after all. */
  readonly unreadable: readonly { readonly file: string; readonly reason: string }[];
}

/** Maps a type of DuckDB to its kind. */
export function columnKind(type: string): ColumnKind {
  if (/\[|^(STRUCT|MAP|UNION|VARIANT)\b/.test(type)) return 'nested';
  if (/^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(type)) return 'integer';
  if (/^(FLOAT|DOUBLE|DECIMAL)/.test(type)) return 'number';
  if (/^TIMESTAMP/.test(type)) return 'timestamp';
  if (type === 'BOOLEAN') return 'boolean';
  if (type === 'DATE') return 'date';
  if (/^(TIME|INTERVAL)/.test(type)) return 'time';
  if (/^(BLOB|BIT)/.test(type)) return 'bytes';
  return 'text';
}
