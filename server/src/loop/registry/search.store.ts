import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Context } from '../../context.ts';
import type { Tables } from '../../database.ts';
import {
  attributeKeys,
  conditionSql,
  type FoundRow,
  type KeysetValues,
  type PageRequest,
  type SearchScope,
  selectPage,
} from '../track/index.ts';
import { completeModels } from './model.store.ts';
import { type ModelVersion, PROMPT_TAG, type RegisteredModel, WORKSPACE } from './model.ts';
import type { Search } from './search.ts';
import { completeVersions } from './version.store.ts';

type Parts = Pick<Context, 'db'>;

export type { PageRequest } from '../track/index.ts';

export interface SearchPage<T> {
  readonly found: readonly T[];
  /** Sort values of the last one; `null` when no more follow. */
  readonly next: KeysetValues | null;
}

/** @throws INVALID_PARAMETER_VALUE for sort values that no row can have */
export async function searchModels(
  { db }: Parts,
  search: Search,
  page: PageRequest,
): Promise<SearchPage<RegisteredModel>> {
  const scope: SearchScope = {
    ...{ dialect: db.dialect, row: 'm', owner: [['model', 'name']] },
    tables: { tag: 'registered_model_tags' },
  };
  const prompt = sql<SqlBool>`not exists (select 1 from registered_model_tags as p
    where p.workspace = ${WORKSPACE} and p.model = m.name and p.key = ${PROMPT_TAG} and p.value = 'true')`;
  const rows = await select<Tables['registered_models']>(db, scope, search, page, {
    from: sql`registered_models as m`,
    noPrompts: prompt,
  });
  return { ...rows, found: await completeModels(db.scan, rows.found) };
}

/** @throws INVALID_PARAMETER_VALUE for sort values that no row can have */
export async function searchVersions(
  { db }: Parts,
  search: Search,
  page: PageRequest,
): Promise<SearchPage<ModelVersion>> {
  const scope: SearchScope = {
    ...{ dialect: db.dialect, row: 'v' },
    owner: [
      ['model', 'model'],
      ['number', 'number'],
    ],
    tables: { tag: 'model_version_tags' },
  };
  // One version that is a prompt makes its whole model one.
  const prompt = sql<SqlBool>`not exists (select 1 from model_version_tags as p
    where p.workspace = ${WORKSPACE} and p.model = v.model and p.key = ${PROMPT_TAG} and p.value = 'true')`;
  const rows = await select<Tables['model_versions']>(db, scope, search, page, {
    from: sql`model_versions as v`,
    noPrompts: prompt,
  });
  return { ...rows, found: await completeVersions(db.scan, rows.found) };
}

async function select<Row>(
  db: Parts['db'],
  scope: SearchScope,
  search: Search,
  { after, limit }: PageRequest,
  { from, noPrompts }: { readonly from: RawBuilder<unknown>; readonly noPrompts: Expression<SqlBool> },
): Promise<SearchPage<Row>> {
  const found: FoundRow<Row>[] = await selectPage<Row>(db.scan, {
    ...{ columns: sql`${sql.ref(scope.row)}.*`, from, after, limit: limit + 1 },
    where: [
      sql<SqlBool>`${sql.ref(`${scope.row}.workspace`)} = ${WORKSPACE}`,
      ...search.conditions.map((condition) => conditionSql(scope, condition)),
      ...(search.prompts ? [] : [noPrompts]),
    ],
    keys: search.order.flatMap((one) => (one.on === 'attribute' ? attributeKeys(scope, one) : [])),
  });
  return {
    found: found.slice(0, limit).map(({ row }) => row),
    next: found.length > limit ? (found[limit - 1]?.position ?? null) : null,
  };
}
