import { type Expression, expressionBuilder, type SqlBool, sql } from 'kysely';
import type { DialectName } from '../../../platform/db/database.ts';
import type { NumberTest, TextTest } from './check-comparison.ts';
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

export function numberCondition(number: Expression<unknown>, test: NumberTest) {
  const operator = sql.raw(test.operator === '!=' ? '<>' : test.operator);
  // Else PostgreSQL takes the number for one of the column's type, and 1.5 is no whole one.
  return sql<SqlBool>`${number} ${operator} cast(${test.number} as double precision)`;
}

/** One key of an order. Where it may be null, give two: `nullsLast(…)`. */
export interface SortKey {
  readonly expression: Expression<unknown>;
  readonly descending: boolean;
}

/** Nulls come last in either direction. */
export function nullsLast(expression: Expression<unknown>, descending: boolean): SortKey[] {
  const isNull = sql`case when ${expression} is null then 1 else 0 end`;
  return [
    { expression: isNull, descending: false },
    { expression, descending },
  ];
}

/** The rows that come after the one with these sort values. */
export function afterKeys(keys: readonly SortKey[], values: KeysetValues): Expression<SqlBool> {
  const eb = expressionBuilder<Record<string, never>>();
  const alternatives = keys.map(({ expression, descending }, i) => {
    const equal = keys.slice(0, i).map((key, j) => isSame(key.expression, values[j] ?? null));
    const value = values[i] ?? null;
    // Among nulls of one key nothing comes after: the next key decides.
    const beyond =
      value === null ? sql<SqlBool>`1 = 0` : sql<SqlBool>`${expression} ${sql.raw(descending ? '<' : '>')} ${value}`;
    return eb.and([...equal, beyond]);
  });
  return eb.or(alternatives);
}

export function orderClause({ expression, descending }: SortKey) {
  return sql`${expression} ${sql.raw(descending ? 'desc' : 'asc')}`;
}

function isSame(expression: Expression<unknown>, value: string | number | null) {
  return value === null ? sql<SqlBool>`${expression} is null` : sql<SqlBool>`${expression} = ${value}`;
}

// SQLite's LIKE folds ASCII case; its GLOB doesn't, and has other wildcards.
function globOf(pattern: string): string {
  return pattern.replace(/[[*?%_]/g, (sign) => (sign === '%' ? '*' : sign === '_' ? '?' : `[${sign}]`));
}
