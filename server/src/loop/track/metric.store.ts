import { sql } from 'kysely';
import type { Db, Tables, Trx } from '../../database.ts';
import { preparedQuery } from '../../platform/db/prepared-query.ts';
import type { KeysetValues } from './mlflow-protocol/index.ts';
import { afterKeys, type SortKey } from './mlflow-protocol/index.ts';
import type { Point } from './run.ts';
import { WORKSPACE } from './workspace.ts';

export interface PointColumns {
  key: string;
  timestamp: number;
  step: number;
  /** 0 where `is_nan`: NaN equals nothing, so that a repeated point could not be recognised. */
  value: number;
  is_nan: number;
}

export interface PointTable extends PointColumns {
  workspace: string;
  run: string;
}

export interface MetricTables {
  /** Every point, in the order of the history. */
  run_points: PointTable;
  /** The latest point of each key: by step, then timestamp, then value. */
  run_metrics: PointTable;
}

/** Statements are prepared for so many rows; a batch is cut into these, greatest first. */
const SIZES = [64, 8, 1] as const;

type RowParameters = Record<string, never>;

const insertPoints = prepareEach((size) =>
  preparedQuery<Tables, RowParameters>((db, p) =>
    db
      .insertInto('run_points')
      .values(rowsOf(p, size))
      .onConflict((conflict) => conflict.doNothing()),
  ),
);

const upsertLatest = prepareEach((size) =>
  preparedQuery<Tables, RowParameters>((db, p) =>
    db
      .insertInto('run_metrics')
      .values(rowsOf(p, size))
      .onConflict((conflict) =>
        conflict
          .columns(['workspace', 'run', 'key'])
          .doUpdateSet((eb) => ({
            timestamp: eb.ref('excluded.timestamp'),
            step: eb.ref('excluded.step'),
            value: eb.ref('excluded.value'),
            is_nan: eb.ref('excluded.is_nan'),
          }))
          .where(
            sql<boolean>`(excluded.step, excluded.timestamp, excluded.value) > (run_metrics.step, run_metrics.timestamp, run_metrics.value)`,
          ),
      ),
  ),
);

/** Writes points and keeps the latest of each key; a point that is there already changes nothing. */
export async function insertMetrics(trx: Trx, run: string, points: readonly Point[]): Promise<void> {
  // Sorted, so that two writers of the same run wait for each other in one order.
  const rows = points.map(toColumns).sort(compareByKey);
  await inPieces(rows, (piece, statements) => insertPoints[statements](trx, parametersOf(run, piece)));
  const latest = latestPerKey(rows);
  await inPieces(latest, (piece, statements) => upsertLatest[statements](trx, parametersOf(run, piece)));
}

/** ±Infinity becomes the largest double, as MLflow stores it. */
export function toColumns({ key, value, timestamp, step }: Point): PointColumns {
  const isNan = Number.isNaN(value);
  const finite = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
  return { key, timestamp, step, value: isNan ? 0 : finite, is_nan: isNan ? 1 : 0 };
}

export function toPoint({ key, value, is_nan, timestamp, step }: PointColumns): Point {
  return { key, value: is_nan === 1 ? Number.NaN : value, timestamp, step };
}

/** Later by step, then timestamp, then value. */
export function isLater(a: PointColumns, b: PointColumns): boolean {
  if (a.step !== b.step) return a.step > b.step;
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp;
  return a.value > b.value;
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
    .selectFrom('run_points')
    .select(['key', 'timestamp', 'step', 'value', 'is_nan'])
    .where('workspace', '=', WORKSPACE)
    .where('run', '=', run)
    .where('key', '=', key)
    .orderBy('timestamp')
    .orderBy('step')
    .orderBy('value')
    .orderBy('is_nan')
    .limit(limit);
  if (after !== null) query = query.where('timestamp', '>=', Number(after[0])).where(afterKeys(historyKeys, after));
  return query.execute();
}

function prepareEach<T>(prepare: (size: number) => T): Readonly<Record<(typeof SIZES)[number], T>> {
  return { 64: prepare(64), 8: prepare(8), 1: prepare(1) };
}

function rowsOf(p: RowParameters, size: number): PointTable[] {
  return Array.from({ length: size }, (_, i) => ({
    workspace: WORKSPACE,
    run: p['run'] as unknown as string,
    key: p[`key${i}`] as unknown as string,
    timestamp: p[`timestamp${i}`] as unknown as number,
    step: p[`step${i}`] as unknown as number,
    value: p[`value${i}`] as unknown as number,
    is_nan: p[`is_nan${i}`] as unknown as number,
  }));
}

function parametersOf(run: string, rows: readonly PointColumns[]): RowParameters {
  const parameters: Record<string, unknown> = { run };
  for (const [i, row] of rows.entries()) {
    for (const [name, value] of Object.entries(row)) parameters[`${name}${i}`] = value;
  }
  return parameters as RowParameters;
}

async function inPieces(
  rows: readonly PointColumns[],
  write: (piece: readonly PointColumns[], size: (typeof SIZES)[number]) => Promise<unknown>,
): Promise<void> {
  let from = 0;
  for (const size of SIZES) {
    for (; rows.length - from >= size; from += size) await write(rows.slice(from, from + size), size);
  }
}

function latestPerKey(rows: readonly PointColumns[]): PointColumns[] {
  const latest = new Map<string, PointColumns>();
  for (const row of rows) {
    const known = latest.get(row.key);
    if (!known || isLater(row, known)) latest.set(row.key, row);
  }
  return [...latest.values()];
}

function compareByKey(a: PointColumns, b: PointColumns): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  return a.timestamp - b.timestamp || a.step - b.step || a.value - b.value;
}

/** At most `limit` of the steps of a metric, evenly spread, with the first and the last. */
export async function listSampledSteps(
  db: Db,
  { run, key, steps, limit }: { run: string; key: string; steps: { start: number; end: number } | null; limit: number },
): Promise<number[]> {
  let query = db
    .selectFrom('run_points')
    .select('step')
    .distinct()
    .where('workspace', '=', WORKSPACE)
    .where('run', '=', run)
    .where('key', '=', key);
  if (steps) query = query.where('step', '>=', steps.start).where('step', '<=', steps.end);
  const all = (await query.orderBy('step').execute()).map(({ step }) => step);
  if (all.length <= limit) return all;
  if (limit === 1) return all.slice(-1);
  const stride = (all.length - 1) / (limit - 1);
  return Array.from({ length: limit }, (_, i) => all[Math.round(i * stride)] as number);
}

/** The points of a metric at these steps (at most some thousands). */
export async function listPointsAt(
  db: Db,
  { run, key, steps }: { run: string; key: string; steps: readonly number[] },
): Promise<Point[]> {
  if (steps.length === 0) return [];
  const rows = await db
    .selectFrom('run_points')
    .select(['key', 'timestamp', 'step', 'value', 'is_nan'])
    .where('workspace', '=', WORKSPACE)
    .where('run', '=', run)
    .where('key', '=', key)
    .where('step', 'in', [...steps])
    .orderBy('step')
    .orderBy('timestamp')
    .orderBy('value')
    .execute();
  return rows.map(toPoint);
}
