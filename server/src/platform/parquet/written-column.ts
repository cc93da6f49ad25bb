/** Types that a Parquet file can be written with; `timestamp` is UTC without a zone, `timestamptz` says that it is UTC. */
export type WrittenType =
  | 'double'
  | 'float'
  | 'bigint'
  | 'integer'
  | 'boolean'
  | 'varchar'
  | 'date'
  | 'timestamp'
  | 'timestamptz';

export interface WrittenColumn {
  readonly name: string;
  readonly type: WrittenType;
}

const KNOWN: Readonly<Record<string, WrittenType>> = {
  DOUBLE: 'double',
  FLOAT: 'float',
  BOOLEAN: 'boolean',
  DATE: 'date',
  BIGINT: 'bigint',
  UINTEGER: 'bigint',
  UBIGINT: 'bigint',
  HUGEINT: 'double',
  UHUGEINT: 'double',
  INTEGER: 'integer',
  SMALLINT: 'integer',
  TINYINT: 'integer',
  USMALLINT: 'integer',
  UTINYINT: 'integer',
  'TIMESTAMP WITH TIME ZONE': 'timestamptz',
};

/** The type to write so that a column is what DuckDB calls `type`; what has no type of its own here is text. */
export function writtenType(type: string): WrittenType {
  const known = KNOWN[type];
  if (known !== undefined) return known;
  if (/^DECIMAL/.test(type)) return 'double';
  return /^TIMESTAMP/.test(type) ? 'timestamp' : 'varchar';
}

type Plain = number | bigint | boolean | string | null;

const WORDS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};
const INTEGER_LIMITS = { integer: [-(2n ** 31n), 2n ** 31n - 1n], bigint: [-(2n ** 63n), 2n ** 63n - 1n] } as const;
const DAY_MS = 86_400_000;
/** What a `Date` can hold. */
const LIMIT_MS = 8.64e15;

/**
 * The value as its column holds it, times in microseconds and dates in days since the epoch; undefined when the column
 * cannot hold it. Whole numbers have no NaN: it is a missing value there.
 */
export function cellOf(type: WrittenType, value: unknown): Plain | undefined {
  if (value === null || value === undefined) return null;
  if (type === 'double' || type === 'float') return numberOf(value);
  if (type === 'integer' || type === 'bigint') return integerOf(type, value);
  if (type === 'boolean') return typeof value === 'boolean' ? value : undefined;
  if (type === 'varchar') return textOf(value);
  const time = timeOf(value);
  if (time === undefined) return undefined;
  return type === 'date' ? Math.floor(time / DAY_MS) : BigInt(time) * 1000n;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  return typeof value === 'string' ? WORDS[value] : undefined;
}

function integerOf(type: 'integer' | 'bigint', value: unknown): number | bigint | null | undefined {
  if (value === 'NaN' || Number.isNaN(value)) return null;
  const isWhole = typeof value === 'bigint' || Number.isInteger(value) || typeof value === 'boolean';
  if (!isWhole && !(typeof value === 'string' && /^-?\d{1,19}$/.test(value))) return undefined;
  const whole = BigInt(value as number | bigint | boolean | string);
  const [low, high] = INTEGER_LIMITS[type];
  if (whole < low || whole > high) return undefined;
  return type === 'integer' ? Number(whole) : whole;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Milliseconds; text is ISO 8601, in UTC where it names no zone. */
function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? parseTime(value) : Number(value);
  return Number.isFinite(time) && Math.abs(time) <= LIMIT_MS ? Math.round(time) : undefined;
}

function parseTime(text: string): number {
  const iso = text.trim().replace(' ', 'T');
  return Date.parse(iso.length > 10 && !/(Z|[+-]\d{2}:?\d{2})$/.test(iso) ? `${iso}Z` : iso);
}
