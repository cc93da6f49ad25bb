import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { trackErrors } from './errors.ts';
import { ChartQuery, MetricChart, MetricParams, MetricSummaries, RunParams } from './metric.schema.ts';
import { chartOf } from './metric-chart.ts';
import { findSeries, listSeriesOf } from './metric-series.store.ts';
import type { Series } from './metric-series.ts';
import type { PlacedPoint } from './pyramid/point-key.ts';
import { findRunRow } from './run.store.ts';

const tags = ['metrics'];

/** What Bucle's own pages show of metrics; none of it reads a history. */
export function metricChartRoutes(app: App, { db }: Pick<Context, 'db'>): void {
  app.get(
    '/api/v1/runs/:run/metrics',
    {
      schema: {
        tags,
        operationId: 'listRunMetrics',
        summary: 'The metrics of a run: latest, first, least and greatest value, and how many points.',
        params: RunParams,
        response: { 200: MetricSummaries },
      },
    },
    async ({ params: { run } }) => {
      if (!(await findRunRow(db.read, run))) throw trackErrors.RUN_NOT_FOUND({ run });
      return { metrics: (await listSeriesOf(db.read, run)).flatMap(toSummary) };
    },
  );
  app.get(
    '/api/v1/runs/:run/metrics/:key/chart',
    {
      schema: {
        tags,
        operationId: 'chartRunMetric',
        summary: 'The course of a metric by step or time, in buckets that stand for all points.',
        params: MetricParams,
        querystring: ChartQuery,
        response: { 200: MetricChart },
      },
    },
    async ({ params: { run, key }, query: { x = 'step', from = null, to = null, buckets = 500 } }) => {
      const series = await findSeries(db.read, run, key);
      if (!series) {
        if (!(await findRunRow(db.read, run))) throw trackErrors.RUN_NOT_FOUND({ run });
        throw trackErrors.METRIC_NOT_FOUND({ run, key });
      }
      const chart = await chartOf(db.scan, series, { axis: x, from, to, buckets });
      return { run, key, x, ...chart };
    },
  );
}

function toSummary({ key, summary }: Series) {
  if (summary === null) return [];
  const { count, nans, first, latest, min, max } = summary;
  return [{ key, count, nans, first: toPlace(first), latest: toPlace(latest), min, max }];
}

function toPlace({ step, timestamp, value, is_nan }: PlacedPoint) {
  return { step, timestamp, value: is_nan === 1 ? null : value };
}
