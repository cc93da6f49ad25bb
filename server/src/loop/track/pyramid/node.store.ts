import { sql } from 'kysely';
import type { Db, Tables, Trx } from '../../../database.ts';
import { preparedQuery } from '../../../platform/db/prepared-query.ts';
import { rowOf } from './key.store.ts';
import type { Piece } from './piece.ts';
import type { Axis, PointKey } from './point-key.ts';

/** Points, or nodes of the level below, that one node is made of. */
export const LEAF_POINTS = 64;
export const FAN_OUT = 16;
/** Level 0 is made of points; the top one is read whole, so it is for more points than anybody logs. */
export const TOP_LEVEL = 4;

/** A stretch of a series on one axis: from `start` (included) to the start of the next node of its level. */
export interface Node extends Piece {
  /** The lowest key there is for the first node of a level. */
  readonly start: PointKey;
  /** Points, or nodes of the level below. */
  readonly children: number;
}

export interface Level {
  readonly series: number;
  readonly axis: Axis;
  readonly level: number;
}

export interface MetricNodeTable {
  series: number;
  /** 0: by step, 1: by time. */
  axis: number;
  level: number;
  start_a: number;
  start_b: number;
  start_value: number;
  start_nan: number;
  first_a: number;
  first_b: number;
  first_value: number;
  first_nan: number;
  last_a: number;
  last_b: number;
  last_value: number;
  last_nan: number;
  children: number;
  count: number;
  nans: number;
  min: number | null;
  max: number | null;
  sum: number;
}

export interface MetricNodeTables {
  metric_nodes: MetricNodeTable;
}

type At = { series: number; axis: number; level: number };
type KeyColumns = { a: number; b: number; value: number; nan: number };

const start = sql.raw('(start_a, start_b, start_value, start_nan)');
const last = sql.raw('(last_a, last_b, last_value, last_nan)');

const selectLast = preparedQuery<Tables, At, MetricNodeTable>((db, p) => onLevel(db, p));

/** The last complete node of a level; what comes after its last point is in none yet. */
export async function findLastNode(db: Db, at: Level): Promise<Node | undefined> {
  const { rows } = await selectLast(db, columnsOf(at));
  return rows[0] && toNode(rows[0]);
}

const selectCovering = preparedQuery<Tables, At & KeyColumns, MetricNodeTable>((db, p) =>
  onLevel(db, p).where(sql<boolean>`${start} <= ${rowOf(p)}`),
);

/** The node whose stretch the key is in. */
export async function findNodeAt(db: Db, at: Level, key: PointKey): Promise<Node | undefined> {
  const { rows } = await selectCovering(db, { ...columnsOf(at), ...key });
  return rows[0] && toNode(rows[0]);
}

export interface NodeRange {
  /** They start after it. */
  readonly after?: PointKey | null;
  /** They start at it or later. */
  readonly from?: PointKey;
  /** They start at it or earlier. */
  readonly to?: PointKey;
  /** They end before it. */
  readonly end?: PointKey | null;
  readonly limit?: number;
}

/** Nodes of a level, in order. */
export async function listNodes(db: Db, at: Level, { after, from, to, end, limit }: NodeRange): Promise<Node[]> {
  const { series, axis, level } = columnsOf(at);
  let query = db
    .selectFrom('metric_nodes')
    .selectAll()
    .where('series', '=', series)
    .where('axis', '=', axis)
    .where('level', '=', level);
  if (after) query = query.where(sql<boolean>`${start} > ${rowOf(after)}`);
  if (from) query = query.where(sql<boolean>`${start} >= ${rowOf(from)}`);
  if (limit !== undefined) query = query.limit(limit);
  if (to) query = query.where(sql<boolean>`${start} <= ${rowOf(to)}`);
  if (end) query = query.where(sql<boolean>`${start} < ${rowOf(end)}`).where(sql<boolean>`${last} < ${rowOf(end)}`);
  const rows = await query.orderBy('start_a').orderBy('start_b').orderBy('start_value').orderBy('start_nan').execute();
  return rows.map(toNode);
}

/** Statements have bounded numbers of parameters. */
const NODES_AT_ONCE = 64;

/** A node that starts where one is takes its place. */
export async function putNodes(trx: Trx, at: Level, nodes: readonly Node[]): Promise<void> {
  for (let from = 0; from < nodes.length; from += NODES_AT_ONCE) {
    const rows = nodes.slice(from, from + NODES_AT_ONCE).map((node) => toRow(at, node));
    await trx
      .insertInto('metric_nodes')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(['series', 'axis', 'level', 'start_a', 'start_b', 'start_value', 'start_nan'])
          .doUpdateSet((eb) => Object.fromEntries(CHANGING.map((name) => [name, eb.ref(`excluded.${name}`)]))),
      )
      .execute();
  }
}

const CHANGING = [
  ...(['first_a', 'first_b', 'first_value', 'first_nan', 'last_a', 'last_b', 'last_value', 'last_nan'] as const),
  ...(['children', 'count', 'nans', 'min', 'max', 'sum'] as const),
];

export async function deleteNodes(trx: Trx, series: readonly number[]): Promise<void> {
  await trx
    .deleteFrom('metric_nodes')
    .where('series', 'in', [...series])
    .execute();
}

function onLevel(db: Db, p: At) {
  return db
    .selectFrom('metric_nodes')
    .selectAll()
    .where('series', '=', p.series)
    .where('axis', '=', p.axis)
    .where('level', '=', p.level)
    .orderBy('start_a', 'desc')
    .orderBy('start_b', 'desc')
    .orderBy('start_value', 'desc')
    .orderBy('start_nan', 'desc')
    .limit(1);
}

function columnsOf({ series, axis, level }: Level): At {
  return { series, axis: axis === 'step' ? 0 : 1, level };
}

function toNode(row: MetricNodeTable): Node {
  return {
    start: { a: row.start_a, b: row.start_b, value: row.start_value, nan: row.start_nan },
    first: { a: row.first_a, b: row.first_b, value: row.first_value, nan: row.first_nan },
    last: { a: row.last_a, b: row.last_b, value: row.last_value, nan: row.last_nan },
    children: row.children,
    count: row.count,
    nans: row.nans,
    min: row.min,
    max: row.max,
    sum: row.sum,
  };
}

function toRow(at: Level, { start: from, first, last: to, ...sums }: Node): MetricNodeTable {
  const { children, count, nans, min, max, sum } = sums;
  return {
    ...columnsOf(at),
    ...{ start_a: from.a, start_b: from.b, start_value: from.value, start_nan: from.nan },
    ...{ first_a: first.a, first_b: first.b, first_value: first.value, first_nan: first.nan },
    ...{ last_a: to.a, last_b: to.b, last_value: to.value, last_nan: to.nan },
    ...{ children, count, nans, min, max, sum },
  };
}
