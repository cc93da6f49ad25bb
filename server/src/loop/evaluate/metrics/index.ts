/** Metrics of labelled predictions, each with its interval. No SQL, no clock. */

export { SEED } from './bootstrap.ts';
export { compareMetric, type PairedGain, type PairedRows } from './compare-metric.ts';
export { ALPHA, spread } from './intervals.ts';
export { measureMetric, measureMetricInTurns } from './measure-metric.ts';
export {
  gainOf,
  higherIsBetter,
  type MetricName,
  type MetricOptions,
  type MetricValue,
  metricNames,
  metricsOf,
  type PredictionKind,
  type ScoredRow,
  toLabel,
} from './metric.ts';
