import {
  type Comparison,
  invalidParameter,
  LIST_OPERATORS,
  NULL_OPERATORS,
  type NumberTest,
  numberTest,
  type Operator,
  type OrderBy,
  parseFilter,
  parseOrderBy,
  pythonList,
  pythonSet,
  TEXT_OPERATORS,
} from '../mlflow-protocol/index.ts';
import { COST_METADATA, NAME_TAG, PROMPTS_TAG, RUN_METADATA, SESSION_METADATA, TOKEN_METADATA } from './trace.ts';
import { toAssessmentCondition, toIssueCondition, toSpanCondition } from './trace-search-parts.ts';
import { type TraceTextTest, traceTextTest } from './trace-text-test.ts';

export type TraceTextColumn = 'id' | 'state' | 'client_request_id' | 'name' | 'session';
export type TraceNumberColumn = 'timestamp_ms' | 'execution_ms' | 'end_ms';
export type SpanColumn = 'name' | 'type' | 'status' | 'content';

/** One comparison of a search, checked. */
export type TraceCondition =
  | { readonly on: 'text'; readonly column: TraceTextColumn; readonly test: TraceTextTest }
  | { readonly on: 'number'; readonly column: TraceNumberColumn; readonly test: NumberTest }
  | { readonly on: 'tag' | 'metadata'; readonly key: string; readonly test: TraceTextTest }
  | { readonly on: 'run' | 'prompt'; readonly target: string }
  /** Tokens or cost, compared as the JSON text that MLflow shows. */
  | { readonly on: 'totals'; readonly of: 'tokens' | 'cost'; readonly test: TraceTextTest }
  | SpanCondition
  | { readonly on: 'number of assessment'; readonly assessment: AssessmentName; readonly test: NumberTest }
  | { readonly on: 'assessment'; readonly assessment: AssessmentName; readonly test: TraceTextTest }
  | { readonly on: 'issue'; readonly id: string };

/** All of one filter must hold for one and the same span. */
export type SpanCondition =
  | { readonly on: 'span'; readonly column: SpanColumn; readonly test: TraceTextTest }
  | { readonly on: 'span attribute'; readonly key: string; readonly test: TraceTextTest };

export interface AssessmentName {
  readonly kind: 'feedback' | 'expectation';
  readonly name: string;
}

export type TraceOrder = { readonly descending: boolean } & (
  | { readonly on: 'tag' | 'metadata'; readonly key: string }
  | { readonly on: 'column'; readonly column: TraceTextColumn | TraceNumberColumn | 'experiment' }
);

const ENTITIES: Readonly<Record<string, string>> = {
  attribute: 'attribute',
  attributes: 'attribute',
  trace: 'attribute',
  tag: 'tag',
  tags: 'tag',
  request_metadata: 'metadata',
  metadata: 'metadata',
  span: 'span',
  feedback: 'feedback',
  expectation: 'expectation',
  issue: 'issue',
};

const NUMBERS: Readonly<Record<string, TraceNumberColumn>> = {
  timestamp: 'timestamp_ms',
  timestamp_ms: 'timestamp_ms',
  execution_time: 'execution_ms',
  execution_time_ms: 'execution_ms',
  end_time: 'end_ms',
  end_time_ms: 'end_ms',
};
const TEXTS: Readonly<Record<string, TraceTextColumn>> = {
  request_id: 'id',
  status: 'state',
  client_request_id: 'client_request_id',
  name: 'name',
};
const ATTRIBUTES = [...Object.keys(NUMBERS), ...Object.keys(TEXTS), 'run_id', 'prompt', 'text'];
const ORDERS = [...Object.keys(NUMBERS), 'experiment_id', 'status', 'request_id', 'name', 'run_id'];

const PAIR_OPERATORS: readonly Operator[] = [...TEXT_OPERATORS, 'RLIKE', ...NULL_OPERATORS];
const COLUMN_OPERATORS: readonly Operator[] = [...TEXT_OPERATORS, 'RLIKE', ...LIST_OPERATORS, ...NULL_OPERATORS];

/** @throws INVALID_PARAMETER_VALUE */
export function parseTraceFilter(filter: string | undefined): TraceCondition[] {
  return parseFilter(filter).map(toCondition);
}

/** @throws INVALID_PARAMETER_VALUE */
export function parseTraceOrder(clauses: readonly string[]): TraceOrder[] {
  const orders = parseOrderBy(clauses).map(toOrder);
  const names = orders.map((one) => ('key' in one ? `${one.on} ${one.key}` : one.column));
  if (new Set(names).size === names.length) return orders;
  throw invalidParameter(`\`order_by\` contains duplicate fields: ${pythonList(clauses)}`);
}

function toCondition(comparison: Comparison): TraceCondition {
  switch (entityOf(comparison.entity)) {
    case 'tag':
      return toTagCondition(comparison);
    case 'metadata':
      return toMetadataCondition(comparison);
    case 'span':
      return toSpanCondition(comparison);
    case 'feedback':
      return toAssessmentCondition(comparison, 'feedback');
    case 'expectation':
      return toAssessmentCondition(comparison, 'expectation');
    case 'issue':
      return toIssueCondition(comparison);
    default:
      return toAttributeCondition(comparison);
  }
}

function toAttributeCondition(comparison: Comparison): TraceCondition {
  const { key } = comparison;
  if (!ATTRIBUTES.includes(key)) throw invalidKey(key, ATTRIBUTES);
  if (key === 'run_id') return toMetadataCondition({ ...comparison, key: RUN_METADATA });
  if (key === 'prompt') return toTagCondition({ ...comparison, key: PROMPTS_TAG });
  if (key === 'text') return toSpanCondition({ ...comparison, key: 'content' });
  const number = NUMBERS[key];
  if (number !== undefined)
    return { on: 'number', column: number, test: numberTest(unquoted(comparison), 'attribute') };
  const column = TEXTS[key] ?? 'name';
  if (comparison.value.kind === 'number') {
    const numeric = pythonSet(Object.keys(NUMBERS));
    throw invalidParameter(`Only the '${numeric}' attributes support comparison with numeric values.`);
  }
  return { on: 'text', column, test: traceTextTest(comparison, 'attributes', COLUMN_OPERATORS) };
}

/** Numbers in quotes are numbers here. */
function unquoted(comparison: Comparison): Comparison {
  const { value } = comparison;
  if (value.kind !== 'string' || !/^-?\d+(\.\d+)?$/.test(value.text)) return comparison;
  return { ...comparison, value: { kind: 'number', number: Number(value.text), source: value.text } };
}

function toTagCondition(comparison: Comparison): TraceCondition {
  const { key, operator, value } = comparison;
  if (key === NAME_TAG) return { on: 'text', column: 'name', test: traceTextTest(comparison, 'tag', PAIR_OPERATORS) };
  if (key !== PROMPTS_TAG) return { on: 'tag', key, test: traceTextTest(comparison, 'tag', PAIR_OPERATORS) };
  if (operator !== '=') {
    throw invalidParameter(
      `Invalid comparator '${operator}' for prompts filter. Only '=' is supported with format: prompt = "name/version"`,
    );
  }
  const target = value.kind === 'string' ? value.text : '';
  if (target.split('/').length === 2) return { on: 'prompt', target };
  throw invalidParameter(`Invalid prompts filter value '${target}'. Expected format: prompt = "name/version"`);
}

function toMetadataCondition(comparison: Comparison): TraceCondition {
  const { key, operator, value } = comparison;
  if (key === SESSION_METADATA) {
    return { on: 'text', column: 'session', test: traceTextTest(comparison, 'request_metadata', PAIR_OPERATORS) };
  }
  if (key === TOKEN_METADATA || key === COST_METADATA) {
    const test = traceTextTest(comparison, 'request_metadata', ['=', '!=', ...NULL_OPERATORS]);
    return { on: 'totals', of: key === TOKEN_METADATA ? 'tokens' : 'cost', test };
  }
  // Traces are of a run too when they were linked to it later.
  if (key === RUN_METADATA && operator === '=' && value.kind === 'string') return { on: 'run', target: value.text };
  const operators = key === RUN_METADATA ? COLUMN_OPERATORS : PAIR_OPERATORS;
  return { on: 'metadata', key, test: traceTextTest(comparison, 'request_metadata', operators) };
}

function toOrder({ entity, key, descending }: OrderBy): TraceOrder {
  const kind = entityOf(entity);
  if (kind === 'tag') {
    return key === NAME_TAG ? { on: 'column', column: 'name', descending } : { on: 'tag', key, descending };
  }
  if (kind === 'metadata') return toMetadataOrder(key, descending);
  if (kind !== 'attribute') throw invalidParameter(`Invalid identifier type '${kind}'`);
  if (!ORDERS.includes(key)) throw invalidKey(key, ORDERS);
  if (key === 'run_id') return { on: 'metadata', key: RUN_METADATA, descending };
  const column = key === 'experiment_id' ? 'experiment' : (NUMBERS[key] ?? TEXTS[key] ?? 'id');
  return { on: 'column', column, descending };
}

function toMetadataOrder(key: string, descending: boolean): TraceOrder {
  if (key === SESSION_METADATA) return { on: 'column', column: 'session', descending };
  if (key !== TOKEN_METADATA && key !== COST_METADATA) return { on: 'metadata', key, descending };
  throw invalidParameter(
    `Ordering by reserved metadata '${key}' is not supported because it is represented by multiple columns.`,
  );
}

function entityOf(entity: string | null): string {
  if (entity === null) return 'attribute';
  if (Object.hasOwn(ENTITIES, entity)) return ENTITIES[entity] ?? 'attribute';
  throw invalidParameter(`Invalid entity type '${entity}'. Valid values are ${pythonSet(Object.keys(ENTITIES))}`);
}

function invalidKey(key: string, valid: readonly string[]) {
  return invalidParameter(`Invalid attribute key '${key}' specified. Valid keys are '${pythonSet(valid)}'`);
}
