import {
  type Comparison,
  expectOperator,
  invalidParameter,
  parseFilter,
  pythonList,
  type TextTest,
  textTest,
} from '../mlflow-protocol/index.ts';
import type { TraceCondition } from './trace-search.ts';

export const VIEWS = { TRACES: 1, SPANS: 2, ASSESSMENTS: 3 } as const;
export type View = keyof typeof VIEWS;
export const AGGREGATIONS = { COUNT: 1, SUM: 2, AVG: 3, PERCENTILE: 4, MIN: 5, MAX: 6 } as const;
export type AggregationType = keyof typeof AGGREGATIONS;

export interface Aggregation {
  readonly type: AggregationType;
  /** 0 to 100, of PERCENTILE only. */
  readonly percentile: number | null;
}

interface MetricRule {
  readonly aggregations: readonly AggregationType[];
  readonly dimensions: readonly string[];
}

const SPREAD: readonly AggregationType[] = ['AVG', 'MAX', 'MIN', 'PERCENTILE'];
const TOTALS: readonly AggregationType[] = [...SPREAD, 'SUM'];
const MODELS = ['span_model_name', 'span_model_provider'];
const byName = (aggregations: readonly AggregationType[]): MetricRule => ({ aggregations, dimensions: ['trace_name'] });
const ofCost: MetricRule = { aggregations: TOTALS, dimensions: MODELS };

/** What may be asked of what. */
export const METRICS: Readonly<Record<View, Readonly<Record<string, MetricRule>>>> = {
  TRACES: {
    trace_count: { aggregations: ['COUNT'], dimensions: ['trace_name', 'trace_status'] },
    session_count: { aggregations: ['COUNT'], dimensions: [] },
    latency: byName(SPREAD),
    input_tokens: byName(TOTALS),
    output_tokens: byName(TOTALS),
    total_tokens: byName(TOTALS),
    cache_read_input_tokens: byName(TOTALS),
    cache_creation_input_tokens: byName(TOTALS),
  },
  SPANS: {
    span_count: { aggregations: ['COUNT'], dimensions: [...MODELS, 'span_name', 'span_status', 'span_type'] },
    latency: { aggregations: SPREAD, dimensions: ['span_name', 'span_status'] },
    input_cost: ofCost,
    output_cost: ofCost,
    total_cost: ofCost,
  },
  ASSESSMENTS: {
    assessment_count: { aggregations: ['COUNT'], dimensions: ['assessment_name', 'assessment_value'] },
    assessment_value: { aggregations: SPREAD, dimensions: ['assessment_name'] },
  },
};

export interface MetricQuery {
  readonly experiments: readonly number[];
  readonly view: View;
  readonly metric: string;
  readonly aggregations: readonly Aggregation[];
  readonly dimensions: readonly string[];
  readonly conditions: readonly MetricCondition[];
  /** Milliseconds; null: all in one. */
  readonly bucketMs: number | null;
  /** Milliseconds since the epoch, both included. */
  readonly from: number | null;
  readonly to: number | null;
  readonly limit: number;
}

export type MetricCondition =
  | { readonly on: 'trace'; readonly condition: TraceCondition }
  | { readonly on: 'span'; readonly column: 'name' | 'status' | 'type'; readonly test: TextTest }
  | { readonly on: 'assessment'; readonly column: 'name' | 'kind'; readonly test: TextTest };

/** @throws INVALID_PARAMETER_VALUE for what cannot be asked */
export function checkMetric({ view, metric, aggregations, dimensions }: MetricQuery): void {
  const rules = METRICS[view];
  const rule = Object.hasOwn(rules, metric) ? rules[metric] : undefined;
  if (rule === undefined) {
    throw invalidParameter(
      `metric_name must be one of ${pythonList(Object.keys(rules))}, got '${metric.slice(0, 100)}'`,
    );
  }
  const wrong = without(
    aggregations.map(({ type }) => type),
    rule.aggregations,
  );
  if (wrong.length > 0) {
    throw invalidParameter(
      `Found invalid aggregation_type(s): ${pythonList(wrong)}. ` +
        `Supported aggregation types: ${pythonList([...rule.aggregations].sort())}`,
    );
  }
  const unknown = without(dimensions, rule.dimensions);
  if (unknown.length > 0) {
    throw invalidParameter(
      `Found invalid dimension(s): ${pythonList(unknown)}. ` +
        `Supported dimensions: ${pythonList([...rule.dimensions].sort())}`,
    );
  }
}

/** @throws INVALID_PARAMETER_VALUE */
export function checkAggregation(type: AggregationType, percentile: number | undefined): Aggregation {
  if (type !== 'PERCENTILE') {
    if (percentile === undefined) return { type, percentile: null };
    throw invalidParameter(`Percentile value is only allowed for PERCENTILE aggregation type, got ${type}`);
  }
  if (percentile === undefined) throw invalidParameter('Percentile value is required for PERCENTILE aggregation');
  if (percentile >= 0 && percentile <= 100) return { type, percentile };
  throw invalidParameter(`Percentile value must be between 0 and 100, got ${percentile}`);
}

/** How an answer names it: `P99.5`, `COUNT`. */
export function labelOf({ type, percentile }: Aggregation): string {
  if (percentile === null) return type;
  return `P${Number.isInteger(percentile) ? `${percentile}.0` : percentile}`;
}

const ENTITIES: Readonly<Record<string, readonly string[]>> = {
  trace: ['status', 'tag', 'metadata'],
  span: ['name', 'status', 'type'],
  assessment: ['name', 'type'],
};

/** `trace.status = 'OK'`, `trace.tag.x = 'y'`, `span.name = 'x'`, `assessment.name = 'x'`. @throws INVALID_PARAMETER_VALUE */
export function parseMetricFilter(filter: string, view: View): MetricCondition {
  const [comparison, ...more] = parseFilter(filter);
  if (comparison === undefined || more.length > 0) {
    throw invalidParameter(`Invalid filter: '${filter.slice(0, 300)}'. Expected one filter clause.`);
  }
  const { entity } = comparison;
  const valid = entity !== null && Object.hasOwn(ENTITIES, entity) ? ENTITIES[entity] : undefined;
  if (entity === null || valid === undefined) {
    throw invalidParameter(
      `Invalid view type '${entity ?? comparison.key}'. Valid values are ${pythonList(Object.keys(ENTITIES))}`,
    );
  }
  const dot = comparison.key.indexOf('.');
  const name = dot < 0 ? comparison.key : comparison.key.slice(0, dot);
  const key = dot < 0 ? null : comparison.key.slice(dot + 1);
  if (!valid.includes(name)) {
    throw invalidParameter(
      `Invalid entity '${name}' specified for view type '${entity}'. Valid entities are ${pythonList(valid)}`,
    );
  }
  checkFilterKey(entity, name, key);
  expectOperator(comparison, ['=']);
  return toMetricCondition(comparison, { entity, name, key, view });
}

function checkFilterKey(entity: string, name: string, key: string | null): void {
  const needsKey = name === 'tag' || name === 'metadata';
  if (needsKey && key === null) {
    throw invalidParameter(`Filtering by ${name} requires a key, e.g. '${entity}.${name}.<key> = <value>'`);
  }
  if (!needsKey && key !== null) {
    throw invalidParameter(`Filtering by ${name} does not support a key, expected '${entity}.${name} = <value>'`);
  }
}

function toMetricCondition(
  comparison: Comparison,
  { entity, name, key, view }: { entity: string; name: string; key: string | null; view: View },
): MetricCondition {
  const test = textTest(comparison, name, ['=']);
  if (entity === 'trace') {
    const condition: TraceCondition =
      name === 'status'
        ? { on: 'text', column: 'state', test }
        : { on: name === 'tag' ? 'tag' : 'metadata', key: key ?? '', test };
    return { on: 'trace', condition };
  }
  const wanted = entity === 'span' ? 'SPANS' : 'ASSESSMENTS';
  if (view !== wanted)
    throw invalidParameter(`Filtering by ${entity} is only supported for ${wanted} view type, got ${view}`);
  if (entity === 'span') return { on: 'span', column: name === 'name' || name === 'type' ? name : 'status', test };
  return { on: 'assessment', column: name === 'type' ? 'kind' : 'name', test };
}

function without(values: readonly string[], allowed: readonly string[]): string[] {
  return [...new Set(values)].filter((value) => !allowed.includes(value)).sort();
}
