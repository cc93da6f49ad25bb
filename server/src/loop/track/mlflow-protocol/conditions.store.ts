import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { DialectName } from '../../../platform/db/database.ts';
import type { NumberTest, TextTest } from './check-comparison.ts';
import { invalidParameter } from './mlflow-error.ts';
import type { KeysetValues } from './page-token.ts';

/**
 * SQL of a text comparison. LIKE minds case, ILIKE does not (in any alphabet); `%` and `_` are the only
 * wildcards and nothing escapes them. A null text matches nothing but IS NULL.
 */
export function textCondition(dialect: DialectName, text: Expression<unknown>, { operator, texts }: TextTest) {
  const [first = ''] = texts;
  switch (operator) {
    case '=':
      return sql<SqlBool>`${text} = ${first}`;
    case '!=':
      return sql<SqlBool>`${text} <> ${first}`;
    case 'IS NULL':
      return sql<SqlBool>`${text} is null`;
    case 'IS NOT NULL':
      return sql<SqlBool>`${text} is not null`;
    case 'IN':
      return sql<SqlBool>`${text} in (${sql.join([...texts])})`;
    case 'NOT IN':
      return sql<SqlBool>`${text} not in (${sql.join([...texts])})`;
    case 'LIKE':
      return dialect === 'sqlite'
        ? sql<SqlBool>`${text} glob ${globOf(first)}`
        : sql<SqlBool>`${text} like ${first} escape ''`;
    case 'ILIKE':
      return dialect === 'sqlite'
        ? sql<SqlBool>`unicode_lower(${text}) glob ${globOf(first.toLowerCase())}`
        : sql<SqlBool>`${text} ilike ${first} escape ''`;
  }
}

/** On a column of whole numbers that holds milliseconds, counts or versions, or (`double`) of any numbers. */
export function numberCondition(number: Expression<unknown>, { operator, number: value }: NumberTest) {
  const sign = sql.raw(operator === '!=' ? '<>' : operator);
  // Else PostgreSQL takes the number for one of the column's type, and 1.5 is no whole one.
  if (Number.isSafeInteger(value)) return sql<SqlBool>`${number} ${sign} cast(${value} as bigint)`;
  return sql<SqlBool>`${number} ${sign} cast(${value} as double precision)`;
}

/** NaN, which is stored as 0 and marked, differs from every number and compares in no other way. */
export function metricCondition(value: Expression<unknown>, isNan: Expression<unknown>, test: NumberTest) {
  const sign = sql.raw(test.operator === '!=' ? '<>' : test.operator);
  const compared = sql<SqlBool>`${value} ${sign} cast(${test.number} as double precision)`;
  return test.operator === '!='
    ? sql<SqlBool>`(${isNan} = 1 or ${compared})`
    : sql<SqlBool>`(${isNan} = 0 and ${compared})`;
}

/** One key of an order. Where it may be null, give two: `nullsLast(…)`. */
export interface SortKey {
  readonly expression: Expression<unknown>;
  readonly descending: boolean;
  /** What its values are: a page token with others is refused. */
  readonly holds?: 'text' | 'integer' | 'double' | undefined;
}

/** Nulls come last in either direction. */
export function nullsLast(expression: Expression<unknown>, descending: boolean, holds?: SortKey['holds']): SortKey[] {
  const isNull = sql`case when ${expression} is null then 1 else 0 end`;
  return [
    { expression: isNull, descending: false, holds: 'integer' },
    { expression, descending, holds },
  ];
}

/** A text sorts by its bytes, whatever the collation of the database. */
export function byBytes(dialect: DialectName, text: Expression<unknown>): RawBuilder<unknown> {
  return dialect === 'sqlite' ? sql`${text}` : sql`${text} collate "C"`;
}

/** The rows that come after the one with these sort values. @throws INVALID_PARAMETER_VALUE for values of no row */
export function afterKeys(keys: readonly SortKey[], values: KeysetValues): Expression<SqlBool> {
  checkValues(keys, values);
  const beyond = keys.reduceRight<Expression<SqlBool> | null>((rest, { expression, descending }, i) => {
    const value = values[i] ?? null;
    const further =
      // Among nulls of one key nothing comes after: the next key decides.
      value === null ? sql<SqlBool>`1 = 0` : sql<SqlBool>`${expression} ${sql.raw(descending ? '<' : '>')} ${value}`;
    return rest === null ? further : sql<SqlBool>`(${further} or (${isSame(expression, value)} and ${rest}))`;
  }, null);
  const [first] = keys;
  const [start = null] = values;
  if (first === undefined || beyond === null) return sql<SqlBool>`1 = 1`;
  if (start === null) return beyond;
  // Says nothing new, but it is what an index can start from.
  return sql<SqlBool>`(${first.expression} ${sql.raw(first.descending ? '<=' : '>=')} ${start} and ${beyond})`;
}

export function orderClause({ expression, descending }: SortKey) {
  return sql`${expression} ${sql.raw(descending ? 'desc' : 'asc')}`;
}

function isSame(expression: Expression<unknown>, value: string | number | null) {
  return value === null ? sql<SqlBool>`${expression} is null` : sql<SqlBool>`${expression} = ${value}`;
}

// A token is the client's: what it holds must not reach a database that minds types.
function checkValues(keys: readonly SortKey[], values: KeysetValues): void {
  const fits = keys.every(({ holds }, i) => {
    const value = values[i] ?? null;
    if (holds === undefined || value === null) return true;
    if (holds === 'integer') return Number.isSafeInteger(value);
    return typeof value === (holds === 'text' ? 'string' : 'number');
  });
  if (!fits || values.length !== keys.length || values.some((value) => String(value).includes('\0'))) {
    throw invalidParameter('Invalid page token: it is of no page of this search.');
  }
}

// SQLite's LIKE folds ASCII case; its GLOB doesn't, and has other wildcards.
function globOf(pattern: string): string {
  return pattern.replace(/[[*?%_]/g, (sign) => (sign === '%' ? '*' : sign === '_' ? '?' : `[${sign}]`));
}
