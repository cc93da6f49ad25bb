import { sql } from 'kysely';
import type { Db, Trx } from '../../database.ts';
import { lockInTransaction } from '../../platform/db/transaction-lock.ts';
import {
  deletePoints,
  insertNewPoints,
  insertPoints,
  type MetricPointTable,
  type MetricPointTables,
} from './metric-point.store.ts';
import {
  deleteSeries,
  listSeries,
  listSeriesNumbers,
  numberOf,
  putSeries,
  type SeriesTables,
  takeNumbers,
} from './metric-series.store.ts';
import { comparePlaces, type Series, summarise } from './metric-series.ts';
import type { KeysetValues } from './mlflow-protocol/index.ts';
import { afterKeys, type SortKey } from './mlflow-protocol/index.ts';
import { addPoints, type Sealed } from './pyramid/add-points.ts';
import { deleteNodes, type MetricNodeTables } from './pyramid/node.store.ts';
import { type Axis, compareKeys, keyOn, type PlacedPoint } from './pyramid/point-key.ts';
import type { Point } from './run.ts';

export interface PointColumns {
  key: string;
  timestamp: number;
  step: number;
  /** 0 where `is_nan`: NaN equals nothing, so that a repeated point could not be recognised. */
  value: number;
  is_nan: number;
}

export type MetricTables = SeriesTables & MetricPointTables & MetricNodeTables;

/**
 * Writes points and keeps what is known of each metric: the latest, the extremes, the nodes of its chart. A point that
 * is there already changes nothing. Writers of one run wait for each other.
 */
export async function insertMetrics(trx: Trx, run: string, points: readonly Point[]): Promise<void> {
  if (points.length === 0) return;
  await lockInTransaction(trx, lockOfRun(run));
  const given = Map.groupBy(points.map(toColumns), ({ key }) => key);
  const known = await listSeries(trx, run, [...given.keys()]);
  const series = await withNew(trx, known, [...given.keys()].sort());
  const fresh: MetricPointTable[] = [];
  const perhaps: MetricPointTable[] = [];
  for (const one of series) {
    const rows = inOrder(given.get(one.key) ?? [], one.id);
    const [first] = rows;
    const latest = one.summary?.latest;
    const isFresh = latest === undefined || (first !== undefined && comparePlaces(first, latest) > 0);
    (isFresh ? fresh : perhaps).push(...rows);
  }
  await insertPoints(trx, fresh);
  const added = [...fresh, ...(await insertNewPoints(trx, perhaps))];
  const bySeries = Map.groupBy(added, ({ series: id }) => id);
  const grown: Series[] = [];
  for (const one of series) {
    const rows = bySeries.get(one.id);
    if (rows !== undefined) grown.push(await grow(trx, one, rows));
  }
  await putSeries(trx, run, grown);
}

/** What serialises the writers of a run, in every transaction that changes it. */
export function lockOfRun(run: string): string {
  return `run:${run}`;
}

/** Removes all that runs measured. */
export async function purgeMetrics(trx: Trx, runs: readonly string[]): Promise<void> {
  if (runs.length === 0) return;
  const series = await listSeriesNumbers(trx, runs);
  for (let from = 0; from < series.length; from += SERIES_AT_ONCE) {
    const some = series.slice(from, from + SERIES_AT_ONCE);
    await deleteNodes(trx, some);
    await deletePoints(trx, some);
  }
  await deleteSeries(trx, runs);
}

/** Databases bound the number of parameters. */
const SERIES_AT_ONCE = 1_000;

async function withNew(trx: Trx, known: ReadonlyMap<string, Series>, keys: readonly string[]): Promise<Series[]> {
  const missing = keys.filter((key) => !known.has(key)).length;
  let next = missing === 0 ? 0 : await takeNumbers(trx, missing);
  const nothing: Sealed = { until: null, tail: 0 };
  return keys.map((key) => {
    const found = known.get(key);
    if (found) return found;
    next += 1;
    return { id: next - 1, key, summary: null, sealed: { step: nothing, time: nothing } };
  });
}

async function grow(trx: Trx, series: Series, added: readonly PlacedPoint[]): Promise<Series> {
  return {
    ...series,
    summary: summarise(series.summary, added),
    sealed: { step: await growAxis(trx, series, 'step', added), time: await growAxis(trx, series, 'time', added) },
  };
}

async function growAxis(trx: Trx, series: Series, axis: Axis, points: readonly PlacedPoint[]): Promise<Sealed> {
  const added = points.map((point) => keyOn(axis, point)).sort(compareKeys);
  return addPoints(trx, { series: series.id, axis }, { added, sealed: series.sealed[axis] });
}

/** By step, without repetition. */
function inOrder(points: readonly PointColumns[], series: number): MetricPointTable[] {
  const rows = points.map(({ step, timestamp, value, is_nan }) => ({ series, step, timestamp, value, is_nan }));
  rows.sort(comparePlaces);
  return rows.filter((row, i) => {
    const previous = rows[i - 1];
    return previous === undefined || comparePlaces(previous, row) !== 0;
  });
}

/** ±Infinity becomes the largest double, as MLflow stores it. */
export function toColumns({ key, value, timestamp, step }: Point): PointColumns {
  const isNan = Number.isNaN(value);
  const finite = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
  // No database tells -0 from 0.
  return { key, timestamp, step, value: isNan || finite === 0 ? 0 : finite, is_nan: isNan ? 1 : 0 };
}

export function toPoint({ key, value, is_nan, timestamp, step }: PointColumns): Point {
  return { key, value: is_nan === 1 ? Number.NaN : value, timestamp, step };
}

const historyKeys: readonly SortKey[] = (['timestamp', 'step', 'value', 'is_nan'] as const).map((column) => ({
  expression: sql.ref(column),
  descending: false,
}));

/** Points of a key after the given one, oldest first. */
export async function listPoints(
  db: Db,
  { run, key, after, limit }: { run: string; key: string; after: KeysetValues | null; limit: number },
): Promise<PointColumns[]> {
  let query = db
    .selectFrom('metric_points')
    .select(['timestamp', 'step', 'value', 'is_nan'])
    .where('series', '=', numberOf(run, key))
    .orderBy('timestamp')
    .orderBy('step')
    .orderBy('value')
    .orderBy('is_nan')
    .limit(limit);
  if (after !== null) query = query.where('timestamp', '>=', Number(after[0])).where(afterKeys(historyKeys, after));
  const rows = await query.execute();
  return rows.map((row) => ({ key, ...row }));
}
