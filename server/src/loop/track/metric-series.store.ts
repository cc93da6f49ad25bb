import { sql } from 'kysely';
import type { Db, Tables, Trx } from '../../database.ts';
import { preparedQuery } from '../../platform/db/prepared-query.ts';
import type { Extreme, Series, Summary } from './metric-series.ts';
import type { PlacedPoint } from './pyramid/point-key.ts';
import { WORKSPACE } from './workspace.ts';

/** The latest point of a metric of a run, and the summary of all of them. */
export interface RunMetricTable extends PlacedPoint {
  workspace: string;
  run: string;
  key: string;
  /** Number of the series, by which its points are kept. */
  series: number;
  count: number;
  nans: number;
  first_step: number;
  first_timestamp: number;
  first_value: number;
  first_nan: number;
  min_value: number | null;
  min_step: number | null;
  max_value: number | null;
  max_step: number | null;
  step_until: number | null;
  step_tail: number;
  time_until: number | null;
  time_tail: number;
}

export interface SeriesTables {
  run_metrics: RunMetricTable;
  /** One row: numbers below `next` are taken. */
  metric_series_numbers: { workspace: string; next: number };
}

const selectOne = preparedQuery<Tables, { run: string; key: string }, RunMetricTable>((db, p) =>
  db
    .selectFrom('run_metrics')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('run', '=', p.run)
    .where('key', '=', p.key),
);

export async function findSeries(db: Db, run: string, key: string): Promise<Series | undefined> {
  const { rows } = await selectOne(db, { run, key });
  return rows[0] && toSeries(rows[0]);
}

/** More keys than these are asked for at once; the statement for one is cheaper. */
const FEW = 4;

export async function listSeries(db: Db, run: string, keys: readonly string[]): Promise<Map<string, Series>> {
  const found =
    keys.length <= FEW
      ? await Promise.all(keys.map((key) => findSeries(db, run, key)))
      : (
          await db
            .selectFrom('run_metrics')
            .selectAll()
            .where('workspace', '=', WORKSPACE)
            .where('run', '=', run)
            .where('key', 'in', [...keys])
            .execute()
        ).map(toSeries);
  return new Map(found.flatMap((series) => (series === undefined ? [] : [[series.key, series]])));
}

/** Of each metric of a run, by key. */
export async function listSeriesOf(db: Db, run: string): Promise<Series[]> {
  const rows = await db
    .selectFrom('run_metrics')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('run', '=', run)
    .orderBy('key')
    .execute();
  return rows.map(toSeries);
}

/** So many numbers that no series has; the first of them. */
export async function takeNumbers(trx: Trx, count: number): Promise<number> {
  const { next } = await trx
    .updateTable('metric_series_numbers')
    .set((eb) => ({ next: eb('next', '+', count) }))
    .where('workspace', '=', WORKSPACE)
    .returning('next')
    .executeTakeFirstOrThrow();
  return next - count;
}

const CHANGING = [
  ...(['step', 'timestamp', 'value', 'is_nan', 'count', 'nans'] as const),
  ...(['first_step', 'first_timestamp', 'first_value', 'first_nan'] as const),
  ...(['min_value', 'min_step', 'max_value', 'max_step'] as const),
  ...(['step_until', 'step_tail', 'time_until', 'time_tail'] as const),
];

type PlacedSummary = Omit<RunMetricTable, 'workspace' | 'run' | 'key' | 'series'>;

const upsertOne = preparedQuery<Tables, RunMetricTable & Record<string, unknown>>((db, p) =>
  db
    .insertInto('run_metrics')
    .values({
      ...{ workspace: p.workspace, run: p.run, key: p.key, series: p.series },
      ...(Object.fromEntries(CHANGING.map((name) => [name, p[name]])) as unknown as PlacedSummary),
    })
    .onConflict((conflict) =>
      conflict
        .columns(['workspace', 'run', 'key'])
        .doUpdateSet((eb) => Object.fromEntries(CHANGING.map((name) => [name, eb.ref(`excluded.${name}`)]))),
    ),
);

/** Their rows as they are now; the caller holds the lock of the run. */
export async function putSeries(trx: Trx, run: string, series: readonly Series[]): Promise<void> {
  for (const one of series) await upsertOne(trx, { ...toRow(run, one) });
}

export async function listSeriesNumbers(db: Db, runs: readonly string[]): Promise<number[]> {
  const rows = await db
    .selectFrom('run_metrics')
    .select('series')
    .where('workspace', '=', WORKSPACE)
    .where('run', 'in', [...runs])
    .execute();
  return rows.map(({ series }) => series);
}

export async function deleteSeries(trx: Trx, runs: readonly string[]): Promise<void> {
  await trx
    .deleteFrom('run_metrics')
    .where('workspace', '=', WORKSPACE)
    .where('run', 'in', [...runs])
    .execute();
}

/** The number of the series of a metric, within a query. */
export function numberOf(run: string, key: string) {
  return sql<number>`(select series from run_metrics where workspace = ${WORKSPACE} and run = ${run} and key = ${key})`;
}

function toSeries(row: RunMetricTable): Series {
  const { step, timestamp, value, is_nan, count, nans } = row;
  const { first_step, first_timestamp, first_value, first_nan } = row;
  return {
    id: row.series,
    key: row.key,
    summary: {
      count,
      nans,
      first: { step: first_step, timestamp: first_timestamp, value: first_value, is_nan: first_nan },
      latest: { step, timestamp, value, is_nan },
      min: toExtreme(row.min_value, row.min_step),
      max: toExtreme(row.max_value, row.max_step),
    },
    sealed: {
      step: { until: row.step_until, tail: row.step_tail },
      time: { until: row.time_until, tail: row.time_tail },
    },
  };
}

function toExtreme(value: number | null, step: number | null): Extreme | null {
  return value === null || step === null ? null : { value, step };
}

function toRow(run: string, { id, key, summary, sealed }: Series): RunMetricTable {
  if (summary === null) throw new Error(`The metric ${key} has no point, so it has no row.`);
  const { first, latest, min, max, count, nans }: Summary = summary;
  return {
    workspace: WORKSPACE,
    run,
    key,
    series: id,
    step: latest.step,
    timestamp: latest.timestamp,
    value: latest.value,
    is_nan: latest.is_nan,
    count,
    nans,
    first_step: first.step,
    first_timestamp: first.timestamp,
    first_value: first.value,
    first_nan: first.is_nan,
    min_value: min?.value ?? null,
    min_step: min?.step ?? null,
    max_value: max?.value ?? null,
    max_step: max?.step ?? null,
    step_until: sealed.step.until,
    step_tail: sealed.step.tail,
    time_until: sealed.time.until,
    time_tail: sealed.time.tail,
  };
}
