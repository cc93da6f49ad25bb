import { type Expression, type SqlBool, sql } from 'kysely';
import type { Db, Tables } from '../../database.ts';
import type { DialectName } from '../../platform/db/database.ts';
import { toLoggedModel } from './logged-model.store.ts';
import type { LoggedModel } from './logged-model.ts';
import type { DatasetNarrowing, ModelOrder } from './logged-model-search.ts';
import {
  attributeKeys,
  type Condition,
  conditionSql,
  type FoundRow,
  hangsOn,
  nullsLast,
  type PageRequest,
  type SearchScope,
  type SortKey,
  selectPage,
} from './mlflow-protocol/index.ts';
import { WORKSPACE } from './workspace.ts';

export interface ModelSearch {
  readonly experiments: readonly number[];
  readonly conditions: readonly Condition[];
  /** Conditions on metrics hold for one of these datasets; none: whatever the dataset. */
  readonly datasets: readonly DatasetNarrowing[];
  readonly order: readonly ModelOrder[];
}

export async function searchModelRows(
  db: Db,
  dialect: DialectName,
  search: ModelSearch,
  page: PageRequest,
): Promise<FoundRow<LoggedModel>[]> {
  const narrowed = search.datasets.map((one) => onDataset('x', one));
  const scope: SearchScope = {
    ...{ dialect, row: 'm', owner: [['model', 'id']] },
    tables: { tag: 'logged_model_tags', param: 'logged_model_params', metric: 'logged_model_metrics' },
    metrics: narrowed.length === 0 ? undefined : sql<SqlBool>`(${sql.join(narrowed, sql` or `)})`,
  };
  const found = await selectPage<Tables['logged_models']>(db, {
    ...{ ...page, columns: sql`m.*`, from: sql`logged_models as m` },
    where: [
      sql<SqlBool>`m.workspace = ${WORKSPACE}`,
      sql<SqlBool>`m.experiment in (${sql.join([...search.experiments])})`,
      sql<SqlBool>`m.lifecycle = 'active'`,
      ...search.conditions.map((condition) => conditionSql(scope, condition)),
      ...measuredOn(scope, search.conditions),
    ],
    keys: search.order.flatMap((one) => sortKeys(scope, one)),
  });
  return found.map(({ row, position }) => ({ row: toLoggedModel(row), position }));
}

/** Datasets without a condition on metrics: models that were measured on one of them at all. */
function measuredOn({ metrics }: SearchScope, conditions: readonly Condition[]): Expression<SqlBool>[] {
  if (metrics === undefined || conditions.some(({ on }) => on === 'metric')) return [];
  return [
    sql<SqlBool>`exists (select 1 from logged_model_metrics as x
      where x.workspace = ${WORKSPACE} and x.model = m.id and ${metrics})`,
  ];
}

function sortKeys(scope: SearchScope, order: ModelOrder): SortKey[] {
  if (order.on === 'attribute') return attributeKeys(scope, order);
  const narrowed = order.dataset === null ? sql`` : sql`and ${onDataset('y', order.dataset)}`;
  const latest = sql`(select case when y.is_nan = 1 then null else y.value end from logged_model_metrics as y
    where ${hangsOn(scope, 'y', order.key)} ${narrowed}
    order by y.timestamp desc, y.step desc, y.run limit 1)`;
  return nullsLast(latest, order.descending, 'double');
}

function onDataset(alias: string, { name, digest }: DatasetNarrowing): Expression<SqlBool> {
  const named = sql<SqlBool>`${sql.ref(`${alias}.dataset_name`)} = ${name}`;
  return digest === null ? named : sql<SqlBool>`(${named} and ${sql.ref(`${alias}.dataset_digest`)} = ${digest})`;
}
