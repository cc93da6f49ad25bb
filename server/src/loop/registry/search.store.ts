import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Context } from '../../context.ts';
import type { DialectName } from '../../platform/db/database.ts';
import {
  afterKeys,
  invalidParameter,
  type KeysetValues,
  numberCondition,
  orderClause,
  type SortKey,
  textCondition,
} from '../track/index.ts';
import { completeModels } from './model.store.ts';
import { type ModelVersion, PROMPT_TAG, type RegisteredModel, WORKSPACE } from './model.ts';
import type { Condition, ModelColumn, Search, VersionColumn } from './search.ts';
import { completeVersions } from './version.store.ts';

type Parts = Pick<Context, 'db'>;

export interface PageRequest {
  /** Sort values of the last row of the page before. */
  readonly after: KeysetValues | null;
  readonly limit: number;
}

export interface SearchPage<T> {
  readonly found: readonly T[];
  /** Sort values of the last one; `null` when no more follow. */
  readonly next: KeysetValues | null;
}

/** @throws INVALID_PARAMETER_VALUE for sort values that no row can have */
export async function searchModels(
  { db }: Parts,
  search: Search<ModelColumn>,
  page: PageRequest,
): Promise<SearchPage<RegisteredModel>> {
  const tag = (key: string) =>
    sql`(select value from registered_model_tags where workspace = ${WORKSPACE} and model = m.name and key = ${key})`;
  const keys = sortKeys('m', search);
  let query = db.scan
    .selectFrom('registered_models as m')
    .selectAll('m')
    .where('m.workspace', '=', WORKSPACE)
    .limit(page.limit + 1);
  for (const condition of search.conditions) query = query.where(toSql(db.dialect, 'm', tag, condition));
  if (!search.prompts) query = query.where(sql<SqlBool>`coalesce(${tag(PROMPT_TAG)}, '') <> 'true'`);
  if (page.after) query = query.where(afterKeys(keys, checkValues(search, page.after)));
  for (const key of keys) query = query.orderBy(orderClause(key));
  const rows = await query.execute();
  const shown = rows.slice(0, page.limit);
  return { found: await completeModels(db.scan, shown), next: nextValues(search, rows, page.limit) };
}

/** @throws INVALID_PARAMETER_VALUE for sort values that no row can have */
export async function searchVersions(
  { db }: Parts,
  search: Search<VersionColumn>,
  page: PageRequest,
): Promise<SearchPage<ModelVersion>> {
  const tag = (key: string) =>
    sql`(select value from model_version_tags
      where workspace = ${WORKSPACE} and model = v.model and number = v.number and key = ${key})`;
  const keys = sortKeys('v', search);
  let query = db.scan
    .selectFrom('model_versions as v')
    .selectAll('v')
    .where('v.workspace', '=', WORKSPACE)
    .limit(page.limit + 1);
  for (const condition of search.conditions) query = query.where(toSql(db.dialect, 'v', tag, condition));
  if (!search.prompts) {
    // One version that is a prompt makes its whole model one.
    query = query.where(
      sql<SqlBool>`not exists (select 1 from model_version_tags
        where workspace = ${WORKSPACE} and model = v.model and key = ${PROMPT_TAG} and value = 'true')`,
    );
  }
  if (page.after) query = query.where(afterKeys(keys, checkValues(search, page.after)));
  for (const key of keys) query = query.orderBy(orderClause(key));
  const rows = await query.execute();
  const shown = rows.slice(0, page.limit);
  return { found: await completeVersions(db.scan, shown), next: nextValues(search, rows, page.limit) };
}

function toSql(
  dialect: DialectName,
  table: string,
  tag: (key: string) => RawBuilder<unknown>,
  condition: Condition<string>,
): Expression<SqlBool> {
  switch (condition.kind) {
    case 'tag':
      return textCondition(dialect, tag(condition.key), condition.test);
    case 'text':
      return textCondition(dialect, sql.ref(`${table}.${condition.column}`), condition.test);
    case 'number':
      return numberCondition(sql.ref(`${table}.${condition.column}`), condition.test);
  }
}

function sortKeys(table: string, { order }: Search<string>): SortKey[] {
  return order.map(({ column, descending }) => ({ expression: sql.ref(`${table}.${column}`), descending }));
}

function nextValues<Column extends string>(
  { order }: Search<Column>,
  rows: readonly Partial<Record<Column, unknown>>[],
  limit: number,
): KeysetValues | null {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return last === undefined ? null : order.map(({ column }) => last[column] as string | number);
}

// A token is the client's: what it holds must not reach a database that minds types.
function checkValues({ order }: Search<string>, values: KeysetValues): KeysetValues {
  const fits = order.every(({ column }, i) => {
    const value = values[i];
    return column === 'name' || column === 'model' ? typeof value === 'string' : Number.isSafeInteger(value);
  });
  if (!fits || values.length !== order.length)
    throw invalidParameter('Invalid page token: it is of no page of this search.');
  return values;
}
