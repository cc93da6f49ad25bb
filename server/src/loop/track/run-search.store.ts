import { type Expression, type ExpressionBuilder, type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import type { Db, Tables } from '../../database.ts';
import type { DialectName } from '../../platform/db/database.ts';
import {
  afterKeys,
  type KeysetValues,
  nullsLast,
  numberCondition,
  orderClause,
  type SortKey,
  textCondition,
} from './mlflow-protocol/index.ts';
import { toRun } from './run.store.ts';
import type { Run } from './run.ts';
import type { RunCondition, RunOrder, RunSearch } from './run-search.ts';
import { WORKSPACE } from './workspace.ts';

type Query = SelectQueryBuilder<Tables & { r: Tables['runs'] }, 'r', object>;
type Builder = ExpressionBuilder<Tables & { r: Tables['runs'] }, 'r'>;

export interface FoundRun {
  readonly run: Run;
  /** Its place in the order, for the token of the next page. */
  readonly position: KeysetValues;
}

/** One page of a search: each clause is one look-up by key per run, whatever the length of the history. */
export async function searchRunRows(
  db: Db,
  dialect: DialectName,
  search: RunSearch,
  page: { readonly after: KeysetValues | null; readonly limit: number },
): Promise<FoundRun[]> {
  let query = db
    .selectFrom('runs as r')
    .where('r.workspace', '=', WORKSPACE)
    .where('r.experiment', 'in', [...search.experiments])
    .where('r.lifecycle', 'in', [...search.lifecycles]) as unknown as Query;
  for (const condition of search.conditions) query = query.where((eb) => toSql(eb, dialect, condition));
  const { joined, keys } = addOrder(query, search.order);
  let paged = joined.limit(page.limit);
  for (const key of keys) paged = paged.orderBy(orderClause(key));
  if (page.after !== null) paged = paged.where(afterKeys(keys, page.after));
  const rows = (await paged
    .selectAll('r')
    .select(keys.map(({ expression }, i) => sql`${expression}`.as(`sort_${i}`)))
    .execute()) as unknown as (Tables['runs'] & Record<string, string | number | null>)[];
  return rows.map((row) => ({
    run: toRun(row),
    position: keys.map((_, i) => row[`sort_${i}`] ?? null),
  }));
}

function addOrder(query: Query, order: readonly RunOrder[]): { joined: Query; keys: SortKey[] } {
  let joined = query;
  const keys: SortKey[] = [];
  for (const [i, one] of order.entries()) {
    if (one.on === 'attribute') {
      keys.push(...nullsLast(columnOf(one.column), one.descending));
      continue;
    }
    const table = { metric: 'run_metrics', param: 'run_params', tag: 'run_tags' }[one.on];
    const alias = `o${i}`;
    const value = sql.ref(`${alias}.value`);
    joined = joined.leftJoin(
      (eb) =>
        eb
          .selectFrom(table as 'run_metrics')
          .select(['run', 'value'])
          .$if(one.on === 'metric', (q) => q.select('is_nan'))
          .where('workspace', '=', WORKSPACE)
          .where('key', '=', one.key)
          .as(alias),
      (join) => join.on(sql<SqlBool>`${sql.ref(`${alias}.run`)} = r.id`),
    ) as unknown as Query;
    keys.push(...(one.on === 'metric' ? metricKeys(alias, value, one.descending) : nullsLast(value, one.descending)));
  }
  if (order.length === 0) keys.push(...nullsLast(sql.ref('r.start_time'), true));
  if (!order.some((one) => one.on === 'attribute' && one.column === 'run_id')) {
    keys.push({ expression: sql.ref('r.id'), descending: false });
  }
  return { joined, keys };
}

/** Numbers, then NaN, then runs without the metric: in both directions. */
function metricKeys(alias: string, value: Expression<unknown>, descending: boolean): SortKey[] {
  const rank = sql`case when ${value} is null then 2 else ${sql.ref(`${alias}.is_nan`)} end`;
  return [
    { expression: rank, descending: false },
    { expression: value, descending },
  ];
}

function columnOf(column: string): Expression<unknown> {
  return sql.ref(`r.${{ run_id: 'id', run_name: 'name' }[column] ?? column}`);
}

function toSql(eb: Builder, dialect: DialectName, condition: RunCondition): Expression<SqlBool> {
  switch (condition.on) {
    case 'number':
      return numberCondition(columnOf(condition.column), condition.test);
    case 'text':
      return textCondition(dialect, columnOf(condition.column), condition.test);
    case 'metric':
      return eb.exists(
        eb
          .selectFrom('run_metrics as x')
          .select(sql`1`.as('one'))
          .where('x.workspace', '=', WORKSPACE)
          .whereRef('x.run', '=', 'r.id')
          .where('x.key', '=', condition.key)
          .where(numberCondition(sql.ref('x.value'), condition.test)),
      );
    case 'param':
    case 'tag':
      return pairCondition(eb, dialect, condition);
    case 'dataset':
      return datasetCondition(eb, dialect, condition);
  }
}

function pairCondition(eb: Builder, dialect: DialectName, condition: Extract<RunCondition, { on: 'param' | 'tag' }>) {
  const { on, key, test } = condition;
  const named = eb
    .selectFrom(on === 'param' ? 'run_params as x' : 'run_tags as x')
    .select(sql`1`.as('one'))
    .where('x.workspace', '=', WORKSPACE)
    .whereRef('x.run', '=', 'r.id')
    .where('x.key', '=', key);
  if (test.operator === 'IS NULL') return eb.not(eb.exists(named));
  if (test.operator === 'IS NOT NULL') return eb.exists(named);
  return eb.exists(named.where(textCondition(dialect, sql.ref('x.value'), test)));
}

function datasetCondition(eb: Builder, dialect: DialectName, condition: Extract<RunCondition, { on: 'dataset' }>) {
  const column = sql.ref(condition.column === 'context' ? 'i.context' : `d.${condition.column}`);
  return eb.exists(
    eb
      .selectFrom('run_inputs as i')
      .innerJoin('input_datasets as d', (join) =>
        join.onRef('d.workspace', '=', 'i.workspace').onRef('d.id', '=', 'i.dataset'),
      )
      .select(sql`1`.as('one'))
      .where('i.workspace', '=', WORKSPACE)
      .whereRef('i.run', '=', 'r.id')
      .where(textCondition(dialect, column, condition.test)),
  );
}
