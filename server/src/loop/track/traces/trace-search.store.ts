import { type Expression, type SelectQueryBuilder, sql } from 'kysely';
import type { Db, Tables } from '../../../database.ts';
import type { DialectName } from '../../../platform/db/database.ts';
import { afterKeys, type KeysetValues, nullsLast, orderClause, type SortKey } from '../mlflow-protocol/index.ts';
import { WORKSPACE } from '../workspace.ts';
import { toTrace } from './trace.store.ts';
import type { Trace } from './trace.ts';
import { columnOf, conditionSql, spanSql } from './trace-conditions.store.ts';
import type { SpanCondition, TraceCondition, TraceOrder } from './trace-search.ts';

export interface TraceSearch {
  readonly experiments: readonly number[];
  readonly conditions: readonly TraceCondition[];
  readonly order: readonly TraceOrder[];
}

export interface FoundTrace {
  readonly trace: Trace;
  /** Its place in the order, for the token of the next page. */
  readonly position: KeysetValues;
}

type Query = SelectQueryBuilder<Tables & { t: Tables['traces'] }, 't', object>;

/** One page of a search; the usual order is the newest first. */
export async function searchTraceRows(
  db: Db,
  dialect: DialectName,
  { experiments, conditions, order }: TraceSearch,
  page: { readonly after: KeysetValues | null; readonly limit: number },
): Promise<FoundTrace[]> {
  if (experiments.length === 0) return [];
  let query = db
    .selectFrom('traces as t')
    .where('t.workspace', '=', WORKSPACE)
    .where('t.experiment', 'in', [...experiments]) as unknown as Query;
  const ofSpans = conditions.filter((one): one is SpanCondition => one.on === 'span' || one.on === 'span attribute');
  for (const one of conditions) {
    if (one.on !== 'span' && one.on !== 'span attribute') query = query.where(conditionSql(dialect, one, experiments));
  }
  if (ofSpans.length > 0) query = query.where(spanSql(dialect, ofSpans));
  const keys = keysOf(order);
  let paged = query.limit(page.limit);
  for (const key of keys) paged = paged.orderBy(orderClause(key));
  if (page.after !== null) paged = paged.where(afterKeys(keys, page.after));
  const rows = (await paged
    .selectAll('t')
    .select(keys.map(({ expression }, i) => sql`${expression}`.as(`sort_${i}`)))
    .execute()) as unknown as (Tables['traces'] & Record<string, string | number | null>)[];
  return rows.map((row) => ({ trace: toTrace(row), position: keys.map((_, i) => row[`sort_${i}`] ?? null) }));
}

/** The usual order comes last, where it is not named: no two traces are in the same place. */
function keysOf(order: readonly TraceOrder[]): SortKey[] {
  const keys = order.flatMap((one) => keyOf(one));
  const isNamed = (column: string) => order.some((one) => one.on === 'column' && one.column === column);
  if (!isNamed('timestamp_ms')) keys.push({ expression: sql.ref('t.timestamp_ms'), descending: true });
  if (!isNamed('id')) keys.push({ expression: sql.ref('t.id'), descending: false });
  return keys;
}

function keyOf(order: TraceOrder): SortKey[] {
  const { descending } = order;
  if (order.on !== 'column') return nullsLast(pairOf(order.on, order.key), descending);
  const expression = columnOf(order.column);
  const isNeverNull = ['timestamp_ms', 'id', 'state', 'experiment', 'end_ms'].includes(order.column);
  return isNeverNull ? [{ expression, descending }] : nullsLast(expression, descending);
}

function pairOf(kind: 'tag' | 'metadata', key: string): Expression<unknown> {
  const table = sql.table(kind === 'tag' ? 'trace_tags' : 'trace_metadata');
  return sql`(select p.value from ${table} as p where p.workspace = ${WORKSPACE} and p.trace = t.id and p.key = ${key})`;
}
