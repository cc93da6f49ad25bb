import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import type { Db, Tables } from '../../database.ts';
import type { DialectName } from '../../platform/db/database.ts';
import { toLoggedModel } from './logged-model.store.ts';
import type { LoggedModel } from './logged-model.ts';
import type { DatasetNarrowing, ModelCondition, ModelOrder } from './logged-model-search.ts';
import {
  afterKeys,
  type KeysetValues,
  nullsLast,
  numberCondition,
  orderClause,
  type SortKey,
  textCondition,
} from './mlflow-protocol/index.ts';
import { WORKSPACE } from './workspace.ts';

type Builder = ExpressionBuilder<Tables & { m: Tables['logged_models'] }, 'm'>;

export interface ModelSearch {
  readonly experiments: readonly number[];
  readonly conditions: readonly ModelCondition[];
  /** Conditions on metrics hold for one of these datasets; none: whatever the dataset. */
  readonly datasets: readonly DatasetNarrowing[];
  readonly order: readonly ModelOrder[];
}

export async function searchModelRows(
  db: Db,
  dialect: DialectName,
  search: ModelSearch,
  page: { readonly after: KeysetValues | null; readonly limit: number },
): Promise<{ readonly model: LoggedModel; readonly position: KeysetValues }[]> {
  const keys = sortKeys(search.order);
  let query = db
    .selectFrom('logged_models as m')
    .selectAll('m')
    .where('m.workspace', '=', WORKSPACE)
    .where('m.experiment', 'in', [...search.experiments])
    .where('m.lifecycle', '=', 'active')
    .limit(page.limit);
  for (const condition of search.conditions) {
    query = query.where((eb) => toSql(eb as unknown as Builder, dialect, condition, search.datasets));
  }
  for (const key of keys) query = query.orderBy(orderClause(key));
  if (page.after !== null) query = query.where(afterKeys(keys, page.after));
  const rows = await query.select(keys.map(({ expression }, i) => sql`${expression}`.as(`sort_${i}`))).execute();
  return rows.map((row) => {
    const sorts = row as unknown as Record<string, string | number | null>;
    return { model: toLoggedModel(row), position: keys.map((_, i) => sorts[`sort_${i}`] ?? null) };
  });
}

function sortKeys(order: readonly ModelOrder[]): SortKey[] {
  const keys = order.flatMap((one): SortKey[] => {
    if (one.on === 'attribute') return nullsLast(sql.ref(`m.${one.column}`), one.descending);
    return nullsLast(latestMetric(one.key, one.dataset), one.descending);
  });
  if (order.length === 0) keys.push({ expression: sql.ref('m.created_at'), descending: true });
  return [...keys, { expression: sql.ref('m.id'), descending: false }];
}

function latestMetric(key: string, dataset: DatasetNarrowing | null): Expression<unknown> {
  const narrowed = dataset === null ? sql`` : sql`and ${onDataset(dataset)}`;
  return sql`(select case when x.is_nan = 1 then null else x.value end from logged_model_metrics as x
    where x.workspace = ${WORKSPACE} and x.model = m.id and x.key = ${key} ${narrowed}
    order by x.timestamp desc, x.step desc limit 1)`;
}

function onDataset({ name, digest }: DatasetNarrowing): Expression<SqlBool> {
  return digest === null
    ? sql<SqlBool>`x.dataset_name = ${name}`
    : sql<SqlBool>`x.dataset_name = ${name} and x.dataset_digest = ${digest}`;
}

function toSql(
  eb: Builder,
  dialect: DialectName,
  condition: ModelCondition,
  datasets: readonly DatasetNarrowing[],
): Expression<SqlBool> {
  switch (condition.on) {
    case 'number':
      return numberCondition(sql.ref(`m.${condition.column}`), condition.test);
    case 'text':
      return textCondition(dialect, sql.ref(`m.${condition.column}`), condition.test);
    case 'experiment':
      return textCondition(dialect, sql`cast(m.experiment as text)`, condition.test);
    case 'metric':
      return eb.exists(
        eb
          .selectFrom('logged_model_metrics as x')
          .select(sql`1`.as('one'))
          .where('x.workspace', '=', WORKSPACE)
          .whereRef('x.model', '=', 'm.id')
          .where('x.key', '=', condition.key)
          .where(numberCondition(sql.ref('x.value'), condition.test))
          .$if(datasets.length > 0, (query) => query.where((inner) => inner.or(datasets.map(onDataset)))),
      );
    case 'param':
    case 'tag':
      return eb.exists(
        eb
          .selectFrom(condition.on === 'param' ? 'logged_model_params as x' : 'logged_model_tags as x')
          .select(sql`1`.as('one'))
          .where('x.workspace', '=', WORKSPACE)
          .whereRef('x.model', '=', 'm.id')
          .where('x.key', '=', condition.key)
          .where(textCondition(dialect, sql.ref('x.value'), condition.test)),
      );
  }
}
