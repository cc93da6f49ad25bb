import { type Expression, type SqlBool, sql } from 'kysely';
import type { Db } from '../../../database.ts';
import type { DialectName } from '../../../platform/db/database.ts';
import { textCondition } from '../mlflow-protocol/index.ts';
import { WORKSPACE } from '../workspace.ts';
import { conditionSql } from './trace-conditions.store.ts';
import { type Aggregation, labelOf, type MetricCondition, type MetricQuery, type View } from './trace-metrics.ts';

export interface MetricPoint {
  readonly dimensions: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, number>>;
}

const BUCKET = 'time_bucket';

const SOURCES: Readonly<Record<View, Expression<unknown>>> = {
  TRACES: sql`traces as t`,
  SPANS: sql`traces as t join trace_spans as s on s.workspace = t.workspace and s.trace = t.id`,
  ASSESSMENTS: sql`traces as t join trace_assessments as a on a.workspace = t.workspace and a.trace = t.id`,
};

/** What a metric is an aggregate of; nulls do not count. */
const VALUES: Readonly<Record<string, Expression<unknown>>> = {
  'TRACES.trace_count': sql`t.id`,
  'TRACES.session_count': sql`t.session`,
  'TRACES.latency': sql`t.execution_ms`,
  'SPANS.span_count': sql`s.id`,
  'SPANS.latency': sql`((s.end_us - s.start_us) / 1000.0)`,
  'ASSESSMENTS.assessment_count': sql`a.id`,
  'ASSESSMENTS.assessment_value': sql`a.aggregate`,
};

const DIMENSIONS: Readonly<Record<string, Expression<unknown>>> = {
  trace_name: sql`t.name`,
  trace_status: sql`t.state`,
  span_name: sql`s.name`,
  span_type: sql`s.type`,
  span_status: sql`s.status`,
  span_model_name: sql`s.model_name`,
  span_model_provider: sql`s.model_provider`,
  assessment_name: sql`a.name`,
  assessment_value: sql`a.value`,
};

/** One point per bucket and combination of dimensions, in their order. */
export async function queryTraceMetrics(db: Db, dialect: DialectName, query: MetricQuery): Promise<MetricPoint[]> {
  if (query.experiments.length === 0) return [];
  const names = [...(query.bucketMs === null ? [] : [BUCKET]), ...query.dimensions];
  const groups = names.map((name) => dimensionOf(name, query));
  const value = valueOfMetric(query);
  // Percentiles need each row's place among its group; neither database has them for the other.
  const dimensions = groups.map((group, i) => sql`${group} as ${sql.ref(`d${i}`)}`);
  const partition = groups.length === 0 ? sql`` : sql`partition by ${sql.join(groups)}`;
  const ranked = query.aggregations.some(({ type }) => type === 'PERCENTILE')
    ? [sql`row_number() over (${partition} order by ${value}) as place`, sql`count(*) over (${partition}) as members`]
    : [];
  const inner = sql`select ${sql.join([...dimensions, sql`${value} as v`, ...ranked])}
    from ${SOURCES[query.view]} where ${sql.join(conditionsOf(dialect, query, value, groups), sql` and `)}`;
  const keys = names.map((_, i) => sql.ref(`x.d${i}`));
  const results = query.aggregations.map((one, i) => sql`${aggregateSql(one, query)} as ${sql.ref(`r${i}`)}`);
  const grouped = keys.length === 0 ? sql`` : sql`group by ${sql.join(keys)} order by ${sql.join(keys)}`;
  const statement = sql<Record<string, string | number | null>>`select ${sql.join([...keys, ...results])}
    from (${inner}) as x ${grouped} limit ${query.limit}`;
  const { rows } = await statement.execute(db);
  return rows
    .map((row) => toPoint(row, names, query.aggregations))
    .filter(({ values }) => Object.keys(values).length > 0);
}

function conditionsOf(
  dialect: DialectName,
  query: MetricQuery,
  value: Expression<unknown>,
  groups: readonly Expression<unknown>[],
): Expression<SqlBool>[] {
  const { experiments, from, to } = query;
  const time = timeOf(query);
  return [
    sql<SqlBool>`t.workspace = ${WORKSPACE} and t.experiment in (${sql.join([...experiments])})`,
    sql<SqlBool>`${value} is not null`,
    ...groups.map((group) => sql<SqlBool>`${group} is not null`),
    ...(from === null ? [] : [sql<SqlBool>`${time} >= ${from}`]),
    ...(to === null ? [] : [sql<SqlBool>`${time} <= ${to}`]),
    ...query.conditions.map((one) => filterSql(dialect, one, experiments)),
  ];
}

function filterSql(dialect: DialectName, one: MetricCondition, experiments: readonly number[]): Expression<SqlBool> {
  switch (one.on) {
    case 'trace':
      if (one.condition.on === 'span' || one.condition.on === 'span attribute') throw new Error('No filter of traces.');
      return conditionSql(dialect, one.condition, experiments);
    case 'span':
      return textCondition(dialect, sql.ref(`s.${one.column}`), one.test);
    case 'assessment':
      return textCondition(dialect, sql.ref(`a.${one.column}`), one.test);
  }
}

function valueOfMetric({ view, metric }: MetricQuery): Expression<unknown> {
  return VALUES[`${view}.${metric}`] ?? sql.ref(`${view === 'SPANS' ? 's' : 't'}.${metric}`);
}

function dimensionOf(name: string, query: MetricQuery): Expression<unknown> {
  if (name !== BUCKET) return DIMENSIONS[name] ?? sql`null`;
  const width = sql.lit(query.bucketMs ?? 1);
  return sql`((${timeOf(query)} / ${width}) * ${width})`;
}

/** Costs are told by the time of their span, everything else by that of the trace. */
function timeOf({ view, metric }: MetricQuery): Expression<unknown> {
  return view === 'SPANS' && metric.endsWith('_cost') ? sql`(s.start_us / 1000)` : sql`t.timestamp_ms`;
}

function aggregateSql({ type, percentile }: Aggregation, { metric }: MetricQuery): Expression<unknown> {
  if (type === 'COUNT') return metric === 'session_count' ? sql`count(distinct x.v)` : sql`count(x.v)`;
  if (type !== 'PERCENTILE') return sql`${sql.raw(type.toLowerCase())}(x.v)`;
  // Between the two values around the place, linearly.
  const place = sql`(${sql.lit((percentile ?? 0) / 100)} * (x.members - 1))`;
  const low = sql`cast(floor(${place}) as integer)`;
  const at = (offset: Expression<unknown>) => sql`max(case when x.place - 1 = ${offset} then x.v end)`;
  const fraction = sql`max(${place} - ${low})`;
  const above = at(sql`${low} + 1`);
  return sql`(${at(low)} * (1.0 - ${fraction}) + coalesce(${above}, 0) * ${fraction})`;
}

function toPoint(
  row: Readonly<Record<string, string | number | null>>,
  names: readonly string[],
  aggregations: readonly Aggregation[],
): MetricPoint {
  const values = aggregations.flatMap((one, i): [string, number][] => {
    const value = row[`r${i}`];
    return value === null || value === undefined ? [] : [[labelOf(one), Number(value)]];
  });
  const dimensions = names.map((name, i) => {
    const value = row[`d${i}`];
    return [name, name === BUCKET ? isoTime(Number(value)) : String(value)];
  });
  return { dimensions: Object.fromEntries(dimensions), values: Object.fromEntries(values) };
}

/** As Python writes a time of UTC: `2026-01-01T00:00:00+00:00`. */
function isoTime(milliseconds: number): string {
  return new Date(milliseconds)
    .toISOString()
    .replace('.000Z', '+00:00')
    .replace(/(\.\d{3})Z$/, '$1000+00:00');
}
