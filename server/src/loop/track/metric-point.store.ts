import { sql } from 'kysely';
import type { Tables, Trx } from '../../database.ts';
import { dialectOf } from '../../platform/db/dialect-of.ts';
import { preparedQuery } from '../../platform/db/prepared-query.ts';
import type { PlacedPoint } from './pyramid/point-key.ts';

export interface MetricPointTable extends PlacedPoint {
  /** Of the row in `run_metrics`, which also says in whose workspace the point is. */
  series: number;
}

export interface MetricPointTables {
  /** Every point, in the order of the steps; an index that holds whole points has them in the order of the history. */
  metric_points: MetricPointTable;
}

/** Statements for so many rows are prepared; a batch is cut into these, greatest first. */
const SIZES = [64, 8, 1] as const;
type Size = (typeof SIZES)[number];
type RowParameters = Record<string, never>;

const insertRows = prepareEach((size) =>
  preparedQuery<Tables, RowParameters>((db, p) =>
    db
      .insertInto('metric_points')
      .values(rowsOf(p, size))
      .onConflict((conflict) => conflict.doNothing()),
  ),
);
const insertNewRows = prepareEach((size) =>
  preparedQuery<Tables, RowParameters, MetricPointTable>((db, p) =>
    db
      .insertInto('metric_points')
      .values(rowsOf(p, size))
      .onConflict((conflict) => conflict.doNothing())
      .returningAll(),
  ),
);

/** Writes points of which none is there yet; in the order of the table. */
export async function insertPoints(trx: Trx, points: readonly MetricPointTable[]): Promise<void> {
  if (dialectOf(trx) === 'postgres') await insertArrays(trx, points);
  else await inPieces(points, (piece, size) => insertRows[size](trx, parametersOf(piece)));
}

/** Writes points and answers those that were not there; in the order of the table. */
export async function insertNewPoints(trx: Trx, points: readonly MetricPointTable[]): Promise<MetricPointTable[]> {
  if (dialectOf(trx) === 'postgres') return insertArrays(trx, points);
  const added: MetricPointTable[] = [];
  await inPieces(points, async (piece, size) => {
    added.push(...(await insertNewRows[size](trx, parametersOf(piece))).rows);
  });
  return added;
}

export async function deletePoints(trx: Trx, series: readonly number[]): Promise<void> {
  await trx
    .deleteFrom('metric_points')
    .where('series', 'in', [...series])
    .execute();
}

/** PostgreSQL plans one statement for any number of rows when they come as arrays. */
async function insertArrays(trx: Trx, points: readonly MetricPointTable[]): Promise<MetricPointTable[]> {
  if (points.length === 0) return [];
  const column = (name: keyof MetricPointTable) => points.map((point) => point[name]);
  const { rows } = await sql<MetricPointTable>`
    insert into metric_points (series, step, timestamp, value, is_nan)
    select * from unnest(${column('series')}::bigint[], ${column('step')}::bigint[], ${column('timestamp')}::bigint[],
      ${column('value')}::double precision[], ${column('is_nan')}::integer[])
    on conflict do nothing returning *`.execute(trx);
  return rows;
}

function prepareEach<T>(prepare: (size: number) => T): Readonly<Record<Size, T>> {
  return { 64: prepare(64), 8: prepare(8), 1: prepare(1) };
}

const NAMES = Array.from({ length: SIZES[0] }, (_, i) => ({
  series: `series${i}`,
  step: `step${i}`,
  timestamp: `timestamp${i}`,
  value: `value${i}`,
  is_nan: `is_nan${i}`,
}));

function rowsOf(p: RowParameters, size: number): MetricPointTable[] {
  return NAMES.slice(0, size).map(
    ({ series, step, timestamp, value, is_nan }): Record<keyof MetricPointTable, never> => ({
      series: p[series] as never,
      step: p[step] as never,
      timestamp: p[timestamp] as never,
      value: p[value] as never,
      is_nan: p[is_nan] as never,
    }),
  );
}

function parametersOf(rows: readonly MetricPointTable[]): RowParameters {
  const parameters: Record<string, number> = {};
  for (let i = 0; i < rows.length; i += 1) {
    const names = NAMES[i];
    const row = rows[i];
    if (names === undefined || row === undefined) break;
    parameters[names.series] = row.series;
    parameters[names.step] = row.step;
    parameters[names.timestamp] = row.timestamp;
    parameters[names.value] = row.value;
    parameters[names.is_nan] = row.is_nan;
  }
  return parameters as RowParameters;
}

async function inPieces(
  rows: readonly MetricPointTable[],
  write: (piece: readonly MetricPointTable[], size: Size) => Promise<unknown>,
): Promise<void> {
  let from = 0;
  for (const size of SIZES) {
    for (; rows.length - from >= size; from += size) await write(rows.slice(from, from + size), size);
  }
}
