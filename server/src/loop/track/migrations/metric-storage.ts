import { type Kysely, sql } from 'kysely';
import type { DialectName } from '../../../platform/db/database.ts';

/**
 * Points move to a narrow table, by number of series; each metric of a run gets a summary, and nodes for its charts.
 * What is there already stays without nodes: later writes catch up.
 */
export async function createMetricStorage(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  await addSummary(db);
  await createPoints(db, dialect);
  await createNodes(db, dialect);
  await movePoints(db);
  await db.schema
    .createIndex('run_metrics_series')
    .on('run_metrics')
    .columns(['workspace', 'series'])
    .unique()
    .execute();
}

const COUNTS = ['series', 'count', 'nans', 'first_step', 'first_timestamp', 'first_nan', 'step_tail', 'time_tail'];

async function addSummary(db: Kysely<unknown>): Promise<void> {
  const add = (name: string, type: 'bigint' | 'double precision', filled: boolean) =>
    db.schema
      .alterTable('run_metrics')
      .addColumn(name, type, (column) => (filled ? column.notNull().defaultTo(0) : column))
      .execute();
  for (const name of COUNTS) await add(name, 'bigint', true);
  await add('first_value', 'double precision', true);
  for (const name of ['min_step', 'max_step', 'step_until', 'time_until']) await add(name, 'bigint', false);
  for (const name of ['min_value', 'max_value']) await add(name, 'double precision', false);
  await sql`create table metric_series_numbers (workspace text not null primary key, next bigint not null)`.execute(db);
}

async function createPoints(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  // A series belongs to one workspace, and its number to one series: the points need not say it again.
  const points = db.schema
    .createTable('metric_points')
    .addColumn('series', 'bigint', (column) => column.notNull())
    .addColumn('step', 'bigint', (column) => column.notNull())
    .addColumn('timestamp', 'bigint', (column) => column.notNull())
    .addColumn('value', 'double precision', (column) => column.notNull())
    .addColumn('is_nan', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('metric_points_key', ['series', 'step', 'timestamp', 'value', 'is_nan']);
  await (dialect === 'sqlite' ? points.modifyEnd(sql`without rowid`) : points).execute();
  await db.schema
    .createIndex('metric_points_by_time')
    .on('metric_points')
    .columns(['series', 'timestamp', 'step', 'value', 'is_nan'])
    .execute();
}

async function createNodes(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  let nodes = db.schema
    .createTable('metric_nodes')
    .addColumn('series', 'bigint', (column) => column.notNull())
    .addColumn('axis', 'integer', (column) => column.notNull())
    .addColumn('level', 'integer', (column) => column.notNull());
  for (const end of ['start', 'first', 'last']) {
    nodes = nodes
      .addColumn(`${end}_a`, 'bigint', (column) => column.notNull())
      .addColumn(`${end}_b`, 'bigint', (column) => column.notNull())
      .addColumn(`${end}_value`, 'double precision', (column) => column.notNull())
      .addColumn(`${end}_nan`, 'integer', (column) => column.notNull());
  }
  const built = nodes
    .addColumn('children', 'integer', (column) => column.notNull())
    .addColumn('count', 'bigint', (column) => column.notNull())
    .addColumn('nans', 'bigint', (column) => column.notNull())
    .addColumn('min', 'double precision')
    .addColumn('max', 'double precision')
    .addColumn('sum', 'double precision', (column) => column.notNull())
    .addPrimaryKeyConstraint('metric_nodes_key', [
      ...(['series', 'axis', 'level', 'start_a', 'start_b', 'start_value', 'start_nan'] as const),
    ] as never);
  await (dialect === 'sqlite' ? built.modifyEnd(sql`without rowid`) : built).execute();
}

async function movePoints(db: Kysely<unknown>): Promise<void> {
  await sql`update run_metrics set series = n.number from
    (select workspace, run, key, row_number() over (order by workspace, run, key) as number from run_metrics) as n
    where n.workspace = run_metrics.workspace and n.run = run_metrics.run and n.key = run_metrics.key`.execute(db);
  await sql`insert into metric_series_numbers (workspace, next)
    select 'default', coalesce(max(series), 0) + 1 from run_metrics`.execute(db);
  await sql`insert into metric_points (series, step, timestamp, value, is_nan)
    select m.series, p.step, p.timestamp, p.value, p.is_nan from run_points as p
    join run_metrics as m on m.workspace = p.workspace and m.run = p.run and m.key = p.key`.execute(db);
  await sql`drop table run_points`.execute(db);
  await sql`update run_metrics set count = s.count, nans = s.nans, min_value = s.min, max_value = s.max,
      step_tail = s.count, time_tail = s.count
    from (select series, count(*) as count, sum(is_nan) as nans, min(case when is_nan = 0 then value end) as min,
      max(case when is_nan = 0 then value end) as max from metric_points group by series) as s
    where s.series = run_metrics.series`.execute(db);
  await sql`update run_metrics set
      min_step = (select min(step) from metric_points as p
        where p.series = run_metrics.series and p.is_nan = 0 and p.value = run_metrics.min_value),
      max_step = (select min(step) from metric_points as p
        where p.series = run_metrics.series and p.is_nan = 0 and p.value = run_metrics.max_value)`.execute(db);
  await sql`update run_metrics set first_step = f.step, first_timestamp = f.timestamp, first_value = f.value,
      first_nan = f.is_nan
    from (select *, row_number() over (partition by series order by step, timestamp, value, is_nan) as place
      from metric_points) as f
    where f.series = run_metrics.series and f.place = 1`.execute(db);
}
