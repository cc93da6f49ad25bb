import {
  type Comparison,
  invalidParameter,
  LIST_OPERATORS,
  type NumberTest,
  numberTest,
  parseFilter,
  pythonList,
  pythonSet,
  TEXT_OPERATORS,
  type TextTest,
  textTest,
} from './mlflow-protocol/index.ts';

const TEXTS = {
  name: 'name',
  model_id: 'id',
  model_type: 'model_type',
  status: 'status',
  source_run_id: 'source_run',
} as const;
const NUMBERS = {
  creation_timestamp: 'created_at',
  creation_timestamp_ms: 'created_at',
  creation_time: 'created_at',
  last_updated_timestamp: 'updated_at',
  last_updated_timestamp_ms: 'updated_at',
} as const;

export type ModelTextColumn = (typeof TEXTS)[keyof typeof TEXTS];
export type ModelNumberColumn = (typeof NUMBERS)[keyof typeof NUMBERS];

/** Narrows metrics to those measured on this dataset. */
export interface DatasetNarrowing {
  readonly name: string;
  readonly digest: string | null;
}

export type ModelCondition =
  | { readonly on: 'metric'; readonly key: string; readonly test: NumberTest }
  | { readonly on: 'param' | 'tag'; readonly key: string; readonly test: TextTest }
  | { readonly on: 'text'; readonly column: ModelTextColumn; readonly test: TextTest }
  | { readonly on: 'experiment'; readonly test: TextTest }
  | { readonly on: 'number'; readonly column: ModelNumberColumn; readonly test: NumberTest };

export type ModelOrder = { readonly descending: boolean } & (
  | { readonly on: 'metric'; readonly key: string; readonly dataset: DatasetNarrowing | null }
  | { readonly on: 'attribute'; readonly column: ModelTextColumn | ModelNumberColumn | 'experiment' }
);

const ATTRIBUTES = [...Object.keys(TEXTS), 'experiment_id', ...Object.keys(NUMBERS)];
const STRINGS = [...TEXT_OPERATORS, ...LIST_OPERATORS];

/** @throws INVALID_PARAMETER_VALUE */
export function parseModelFilter(filter: string | undefined): ModelCondition[] {
  return parseFilter(filter).map(toCondition);
}

/** @throws INVALID_PARAMETER_VALUE */
export function toModelOrder(given: {
  readonly field_name: string;
  readonly ascending: boolean | undefined;
  readonly dataset_name: string | undefined;
  readonly dataset_digest: string | undefined;
}): ModelOrder {
  const { field_name: name, ascending = true, dataset_name, dataset_digest = null } = given;
  const descending = !ascending;
  if (name.startsWith('metrics.')) {
    const dataset = dataset_name ? { name: dataset_name, digest: dataset_digest } : null;
    return { on: 'metric', key: name.slice('metrics.'.length), dataset, descending };
  }
  const key = name.replace(/^attributes?\./, '');
  if (key === 'experiment_id') return { on: 'attribute', column: 'experiment', descending };
  const column = find(TEXTS, key) ?? find(NUMBERS, key);
  if (column === undefined) throw unknownAttribute('order_by field name', name);
  return { on: 'attribute', column, descending };
}

function toCondition(comparison: Comparison): ModelCondition {
  const { entity, key } = comparison;
  switch (entity) {
    case 'metrics':
      return { on: 'metric', key, test: numberTest(comparison, 'metric') };
    case 'params':
      return { on: 'param', key, test: textTest(comparison, 'params', STRINGS) };
    case 'tags':
      return { on: 'tag', key, test: textTest(comparison, 'tags', STRINGS) };
    case null:
    case 'attributes':
      return toAttributeCondition(comparison);
    default:
      throw invalidParameter(
        `Invalid entity type: '${entity}'. Expected one of ${pythonList(['attributes', 'metrics', 'params', 'tags'])}.`,
      );
  }
}

function toAttributeCondition(comparison: Comparison): ModelCondition {
  const { key } = comparison;
  const number = find(NUMBERS, key);
  if (number) return { on: 'number', column: number, test: numberTest(comparison, 'numeric attribute') };
  const test = () => textTest(comparison, 'attributes', STRINGS);
  if (key === 'experiment_id') return { on: 'experiment', test: test() };
  const column = find(TEXTS, key);
  if (column === undefined) throw unknownAttribute('attribute key', key);
  // Clients write READY, the database LOGGED_MODEL_READY.
  if (column === 'status') return { on: 'text', column, test: { ...test(), texts: test().texts.map(toStatus) } };
  return { on: 'text', column, test: test() };
}

function toStatus(text: string): string {
  return /^(PENDING|READY|UPLOAD_FAILED)$/.test(text) ? `LOGGED_MODEL_${text}` : text;
}

function unknownAttribute(what: string, key: string) {
  return invalidParameter(`Invalid ${what} '${key}' specified. Valid keys are '${pythonSet(ATTRIBUTES)}'`);
}

function find<T>(columns: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(columns, key) ? columns[key] : undefined;
}
