import type { Context } from '../../../context.ts';
import { parseExperimentId } from '../experiment.ts';
import {
  type AddOperation,
  checkMaxResults,
  choice,
  double,
  integer,
  invalidParameter,
  list,
  message,
  required,
  text,
} from '../mlflow-protocol/index.ts';
import { queryTraceMetrics } from './trace-metrics.store.ts';
import {
  AGGREGATIONS,
  checkAggregation,
  checkMetric,
  type MetricQuery,
  parseMetricFilter,
  VIEWS,
} from './trace-metrics.ts';

const USUAL = 1_000;
const MOST = 50_000;
const MOST_FILTERS = 100;

/** Counts, times, tokens and costs of many traces at once. */
export function traceMetricsOperation(add: AddOperation, { db }: Pick<Context, 'db'>): void {
  add({
    method: 'POST',
    path: 'traces/metrics',
    scope: 'read',
    request: {
      experiment_ids: required(list(text())),
      view_type: required(choice(VIEWS)),
      metric_name: required(text()),
      aggregations: required(
        list(message({ aggregation_type: required(choice(AGGREGATIONS)), percentile_value: double() }), 100),
      ),
      dimensions: list(text(), 20),
      filters: list(text(), MOST_FILTERS),
      time_interval_seconds: integer(),
      start_time_ms: integer(),
      end_time_ms: integer(),
      max_results: integer(),
    },
    async handle(request) {
      const { start_time_ms: from, end_time_ms: to, time_interval_seconds: seconds, view_type: view } = request;
      const query: MetricQuery = {
        experiments: request.experiment_ids.map(parseExperimentId),
        ...{ view, metric: request.metric_name, dimensions: request.dimensions },
        ...{ from: from ?? null, to: to ?? null, bucketMs: seconds ? seconds * 1_000 : null },
        aggregations: request.aggregations.map((one) => checkAggregation(one.aggregation_type, one.percentile_value)),
        conditions: request.filters.map((filter) => parseMetricFilter(filter, view)),
        limit: checkMaxResults(request.max_results ?? USUAL, MOST),
      };
      checkMetric(query);
      if (seconds && (from === undefined || to === undefined)) {
        throw invalidParameter('start_time_ms and end_time_ms are required if time_interval_seconds is set');
      }
      if (seconds !== undefined && seconds < 0) throw invalidParameter('time_interval_seconds must be positive');
      const points = await queryTraceMetrics(db.scan, db.dialect, query);
      return {
        data_points: points.map(({ dimensions, values }) => ({
          metric_name: query.metric,
          dimensions: Object.keys(dimensions).length === 0 ? undefined : dimensions,
          values,
        })),
      };
    },
  });
}
