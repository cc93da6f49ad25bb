import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Db } from '../../../database.ts';
import type { DialectName } from '../../../platform/db/database.ts';
import { WORKSPACE } from '../workspace.ts';
import {
  afterKeys,
  byBytes,
  metricCondition,
  nullsLast,
  numberCondition,
  orderClause,
  type SortKey,
  textCondition,
} from './conditions.store.ts';
import type { KeysetValues } from './page-token.ts';
import type { Condition, Order } from './search-grammar.ts';

/** Where the rows of one search lie, and what hangs on each of them. */
export interface SearchScope {
  readonly dialect: DialectName;
  /** Alias of the row that is searched. */
  readonly row: string;
  /** How what hangs on a row names it: column there, column of the row. */
  readonly owner: readonly (readonly [string, string])[];
  readonly tables: { readonly tag: string; readonly param?: string; readonly metric?: string };
  /** Narrows the rows of metrics (alias x) that count. */
  readonly metrics?: Expression<SqlBool> | undefined;
}

export interface PageRequest {
  /** Sort values of the last row of the page before; null: the first page. */
  readonly after: KeysetValues | null;
  readonly limit: number;
}

export interface FoundRow<Row> {
  readonly row: Row;
  /** Its place in the order, for the token of the next page. */
  readonly position: KeysetValues;
}

export interface PageQuery extends PageRequest {
  /** What follows `select`, without the sort values. */
  readonly columns: RawBuilder<unknown>;
  readonly from: RawBuilder<unknown>;
  readonly where: readonly Expression<SqlBool>[];
  /** Unique in the end. */
  readonly keys: readonly SortKey[];
}

/** @throws INVALID_PARAMETER_VALUE for a position that no row can have */
export async function selectPage<Row>(db: Db, query: PageQuery): Promise<FoundRow<Row>[]> {
  const { rows } = await pageSql(query).execute(db);
  return rows.map((row) => ({
    row: row as Row,
    position: query.keys.map((_, i) => (row[`sort_${i}`] as string | number | null) ?? null),
  }));
}

export function pageSql({ columns, from, where, keys, after, limit }: PageQuery): RawBuilder<Record<string, unknown>> {
  const sorts = keys.map(({ expression }, i) => sql`${expression} as ${sql.ref(`sort_${i}`)}`);
  const conditions = after === null ? where : [...where, afterKeys(keys, after)];
  return sql<Record<string, unknown>>`select ${columns}, ${sql.join(sorts)} from ${from}
    where ${sql.join([...conditions], sql` and `)} order by ${sql.join(keys.map(orderClause))} limit ${limit}`;
}

export function conditionSql(scope: SearchScope, condition: Condition): Expression<SqlBool> {
  const { dialect, row } = scope;
  switch (condition.on) {
    case 'number':
    case 'integer':
      return numberCondition(sql.ref(`${row}.${condition.column}`), condition.test);
    case 'text':
      return textCondition(dialect, textOf(row, condition), condition.test);
    case 'id':
      return textCondition(dialect, sql`cast(${sql.ref(`${row}.${condition.column}`)} as text)`, condition.test);
    case 'metric': {
      const found = metricCondition(sql.ref('x.value'), sql.ref('x.is_nan'), condition.test);
      const narrowed = scope.metrics === undefined ? found : sql<SqlBool>`${found} and ${scope.metrics}`;
      return sql<SqlBool>`exists (${hanging(scope, 'metric', condition.key)} and ${narrowed})`;
    }
    case 'param':
    case 'tag':
      return pairCondition(scope, condition);
    case 'dataset':
      return datasetCondition(scope, condition);
  }
}

function pairCondition(scope: SearchScope, { on, key, test }: Extract<Condition, { on: 'param' | 'tag' }>) {
  const named = hanging(scope, on, key);
  if (test.operator === 'IS NULL') return sql<SqlBool>`not exists (${named})`;
  if (test.operator === 'IS NOT NULL') return sql<SqlBool>`exists (${named})`;
  return sql<SqlBool>`exists (${named} and ${textCondition(scope.dialect, sql.ref('x.value'), test)})`;
}

function datasetCondition(scope: SearchScope, { column, test }: Extract<Condition, { on: 'dataset' }>) {
  const text = sql.ref(column === 'context' ? 'i.context' : `d.${column}`);
  return sql<SqlBool>`exists (select 1 from run_inputs as i
    join input_datasets as d on d.workspace = i.workspace and d.id = i.dataset
    where i.workspace = ${WORKSPACE} and i.run = ${sql.ref(`${scope.row}.id`)}
      and ${textCondition(scope.dialect, text, test)})`;
}

function hanging(scope: SearchScope, on: 'param' | 'tag' | 'metric', key: string): RawBuilder<unknown> {
  return sql`select 1 from ${sql.table(scope.tables[on] ?? '')} as x where ${hangsOn(scope, 'x', key)}`;
}

/** That the row of this alias is what hangs under this key on the row that is searched. */
export function hangsOn({ row, owner }: SearchScope, alias: string, key: string): RawBuilder<SqlBool> {
  const owned = owner.map(([there, here]) => sql`${sql.ref(`${alias}.${there}`)} = ${sql.ref(`${row}.${here}`)}`);
  return sql<SqlBool>`${sql.ref(`${alias}.workspace`)} = ${WORKSPACE} and ${sql.join(owned, sql` and `)}
    and ${sql.ref(`${alias}.key`)} = ${key}`;
}

/** Sort keys of attributes; nulls last where there may be any. */
export function attributeKeys(
  { dialect, row }: SearchScope,
  { column, holds, nullable, absentIsEmpty = false, descending }: Extract<Order, { on: 'attribute' }>,
): SortKey[] {
  const plain = textOf(row, { column, absentIsEmpty });
  // Ids are ASCII, and sort the same in every collation: so an index can be used.
  const expression = holds === 'text' && column !== 'id' ? byBytes(dialect, plain) : plain;
  return nullable ? nullsLast(expression, descending, holds) : [{ expression, descending, holds }];
}

function textOf(row: string, { column, absentIsEmpty }: { column: string; absentIsEmpty: boolean }) {
  const plain = sql.ref(`${row}.${column}`);
  return absentIsEmpty ? sql`coalesce(${plain}, '')` : plain;
}
