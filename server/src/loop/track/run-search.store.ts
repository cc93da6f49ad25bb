import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Db, Tables } from '../../database.ts';
import type { DialectName } from '../../platform/db/database.ts';
import {
  attributeKeys,
  byBytes,
  conditionSql,
  type FoundRow,
  hangsOn,
  nullsLast,
  type Order,
  type PageQuery,
  type PageRequest,
  type SearchScope,
  type SortKey,
  selectPage,
} from './mlflow-protocol/index.ts';
import { toRun } from './run.store.ts';
import type { Run } from './run.ts';
import type { RunSearch } from './run-search.ts';
import { WORKSPACE } from './workspace.ts';

/**
 * A part of the order: all rows that have a value of the first key, then those that have none. Each is a query of
 * its own, whose order an index can give.
 */
interface Phase {
  readonly from: RawBuilder<unknown>;
  readonly where: readonly Expression<SqlBool>[];
  readonly keys: readonly SortKey[];
}

type Row = Tables['runs'];

/** One page of a search: each clause is one look-up by key per run, whatever the length of the history. */
export async function searchRunRows(
  db: Db,
  dialect: DialectName,
  search: RunSearch,
  { after, limit }: PageRequest,
): Promise<FoundRow<Run>[]> {
  const scope: SearchScope = {
    ...{ dialect, row: 'r', owner: [['run', 'id']] },
    tables: { tag: 'run_tags', param: 'run_params', metric: 'run_metrics' },
  };
  const where = [
    sql<SqlBool>`r.workspace = ${WORKSPACE}`,
    oneOf('r.experiment', search.experiments),
    oneOf('r.lifecycle', search.lifecycles),
    ...search.conditions.map((condition) => conditionSql(scope, condition)),
  ];
  const found: FoundRow<Run>[] = [];
  const [start = 0, ...position] = after ?? [];
  for (const [i, phase] of phasesOf(scope, search.order).entries()) {
    if (i < Number(start) || found.length >= limit) continue;
    const query: PageQuery = {
      ...{ columns: sql`r.*`, from: phase.from, where: [...where, ...phase.where], keys: phase.keys },
      ...{ after: after !== null && i === start ? position : null, limit: limit - found.length },
    };
    for (const one of await selectPage<Row>(db, query)) {
      found.push({ row: toRun(one.row), position: [i, ...one.position] });
    }
  }
  return found;
}

function oneOf(column: string, values: readonly (string | number)[]): Expression<SqlBool> {
  const [first, ...more] = values;
  return more.length === 0
    ? sql<SqlBool>`${sql.ref(column)} = ${first}`
    : sql<SqlBool>`${sql.ref(column)} in (${sql.join([...values])})`;
}

function phasesOf(scope: SearchScope, order: readonly Order[]): Phase[] {
  const { joins, keys } = laterKeys(scope, order.slice(1));
  const rows = sql`runs as r`;
  const [first] = order;
  const phase = (from: RawBuilder<unknown>, where: Expression<SqlBool>[], own: readonly SortKey[]): Phase => ({
    ...{ from: sql.join([from, ...joins], sql` `), where, keys: [...own, ...keys] },
  });
  if (first === undefined) return [phase(rows, [], [])];
  if (first.on === 'attribute') {
    const column = sql.ref(`r.${first.column}`);
    const own = attributeKeys(scope, { ...first, nullable: undefined });
    if (!first.nullable) return [phase(rows, [], own)];
    return [
      phase(rows, [sql<SqlBool>`${column} is not null`], own),
      phase(rows, [sql<SqlBool>`${column} is null`], []),
    ];
  }
  const table = sql.table({ metric: 'run_metrics', param: 'run_params', tag: 'run_tags' }[first.on]);
  const having = sql`${rows} join ${table} as o on ${hangsOn(scope, 'o', first.key)}`;
  const lacking = sql<SqlBool>`not exists (select 1 from ${table} as o where ${hangsOn(scope, 'o', first.key)})`;
  const value = sql.ref('o.value');
  const { descending } = first;
  if (first.on !== 'metric') {
    const own = { expression: byBytes(scope.dialect, value), descending, holds: 'text' } as const;
    return [phase(having, [], [own]), phase(rows, [lacking], [])];
  }
  return [
    phase(having, [sql<SqlBool>`o.is_nan = 0`], [{ expression: value, descending, holds: 'double' }]),
    phase(having, [sql<SqlBool>`o.is_nan = 1`], []),
    phase(rows, [lacking], []),
  ];
}

/** What sorts the rows that are the same by the first key. */
function laterKeys(scope: SearchScope, order: readonly Order[]): { joins: RawBuilder<unknown>[]; keys: SortKey[] } {
  const joins: RawBuilder<unknown>[] = [];
  const keys: SortKey[] = [];
  for (const [i, one] of order.entries()) {
    if (one.on === 'attribute') {
      keys.push(...attributeKeys(scope, one));
      continue;
    }
    const alias = `o${i}`;
    const value = sql.ref(`${alias}.value`);
    const table = sql.table({ metric: 'run_metrics', param: 'run_params', tag: 'run_tags' }[one.on]);
    joins.push(sql`left join ${table} as ${sql.ref(alias)} on ${hangsOn(scope, alias, one.key)}`);
    keys.push(
      ...(one.on === 'metric'
        ? metricKeys(value, sql.ref(`${alias}.is_nan`), one.descending)
        : nullsLast(byBytes(scope.dialect, value), one.descending, 'text')),
    );
  }
  return { joins, keys };
}

/** Numbers, then NaN, then runs without the metric: in both directions. */
function metricKeys(value: Expression<unknown>, isNan: Expression<unknown>, descending: boolean): SortKey[] {
  const rank = sql`case when ${value} is null then 2 else ${isNan} end`;
  return [
    { expression: rank, descending: false, holds: 'integer' },
    { expression: value, descending, holds: 'double' },
  ];
}
