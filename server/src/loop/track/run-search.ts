import {
  type Comparison,
  invalidParameter,
  LIST_OPERATORS,
  NULL_OPERATORS,
  type NumberTest,
  numberTest,
  type OrderBy,
  parseFilter,
  parseOrderBy,
  pythonList,
  pythonSet,
  TEXT_OPERATORS,
  type TextTest,
  textTest,
} from './mlflow-protocol/index.ts';
import type { Lifecycle } from './workspace.ts';

const TEXT_COLUMNS = ['run_id', 'run_name', 'status', 'user_id', 'artifact_uri'] as const;
const NUMBER_COLUMNS = ['start_time', 'end_time'] as const;

export type RunTextColumn = (typeof TEXT_COLUMNS)[number];
export type RunNumberColumn = (typeof NUMBER_COLUMNS)[number];

/** One comparison of a search, checked. */
export type RunCondition =
  | { readonly on: 'metric'; readonly key: string; readonly test: NumberTest }
  | { readonly on: 'param' | 'tag'; readonly key: string; readonly test: TextTest }
  | { readonly on: 'text'; readonly column: RunTextColumn; readonly test: TextTest }
  | { readonly on: 'number'; readonly column: RunNumberColumn; readonly test: NumberTest }
  | { readonly on: 'dataset'; readonly column: 'name' | 'digest' | 'context'; readonly test: TextTest };

export type RunOrder = { readonly descending: boolean } & (
  | { readonly on: 'metric' | 'param' | 'tag'; readonly key: string }
  | { readonly on: 'attribute'; readonly column: RunTextColumn | RunNumberColumn }
);

export interface RunSearch {
  readonly experiments: readonly number[];
  readonly lifecycles: readonly Lifecycle[];
  readonly conditions: readonly RunCondition[];
  readonly order: readonly RunOrder[];
}

type Entity = 'metric' | 'parameter' | 'tag' | 'attribute' | 'dataset';
const ENTITIES: readonly Entity[] = ['metric', 'parameter', 'tag', 'attribute', 'dataset'];
const ENTITY_NAMES: Readonly<Record<string, Entity>> = {
  metric: 'metric',
  metrics: 'metric',
  param: 'parameter',
  params: 'parameter',
  parameter: 'parameter',
  parameters: 'parameter',
  tag: 'tag',
  tags: 'tag',
  attribute: 'attribute',
  attributes: 'attribute',
  attr: 'attribute',
  run: 'attribute',
  dataset: 'dataset',
  datasets: 'dataset',
};
const ATTRIBUTE_ALIASES: Readonly<Record<string, string>> = {
  'run name': 'run_name',
  'Run name': 'run_name',
  'Run Name': 'run_name',
  created: 'start_time',
  Created: 'start_time',
};

/** @throws INVALID_PARAMETER_VALUE */
export function parseRunFilter(filter: string | undefined): RunCondition[] {
  return parseFilter(filter).map(toCondition);
}

/** @throws INVALID_PARAMETER_VALUE */
export function parseRunOrder(clauses: readonly string[]): RunOrder[] {
  return parseOrderBy(clauses).map(toOrder);
}

function toCondition(comparison: Comparison): RunCondition {
  const { key } = comparison;
  switch (entityOf(comparison.entity)) {
    case 'metric':
      return { on: 'metric', key, test: numberTest(comparison, 'metric') };
    case 'parameter':
      return { on: 'param', key, test: textTest(comparison, 'parameter', [...TEXT_OPERATORS, ...NULL_OPERATORS]) };
    case 'tag':
      return { on: 'tag', key, test: textTest(comparison, 'tag', [...TEXT_OPERATORS, ...NULL_OPERATORS]) };
    case 'dataset':
      return toDatasetCondition(comparison);
    case 'attribute':
      return toAttributeCondition(comparison);
  }
}

function toDatasetCondition(comparison: Comparison): RunCondition {
  const { key } = comparison;
  if (key !== 'name' && key !== 'digest' && key !== 'context') {
    throw invalidParameter(`Invalid dataset key '${key}' specified. Valid keys are '{'name', 'digest', 'context'}'`);
  }
  return { on: 'dataset', column: key, test: textTest(comparison, 'dataset', [...TEXT_OPERATORS, ...LIST_OPERATORS]) };
}

function toAttributeCondition(comparison: Comparison): RunCondition {
  const column = columnOf(comparison.key);
  if (isNumberColumn(column)) return { on: 'number', column, test: numberTest(comparison, 'numeric attribute') };
  const isList = LIST_OPERATORS.includes(comparison.operator);
  if (isList && column !== 'run_id') {
    throw invalidParameter("Only the 'run_id' attribute supports comparison with a list of quoted string values.");
  }
  return { on: 'text', column, test: textTest(comparison, 'attribute', [...TEXT_OPERATORS, ...LIST_OPERATORS]) };
}

function toOrder({ entity, key, descending }: OrderBy): RunOrder {
  const kind = entityOf(entity);
  if (kind === 'dataset') throw invalidParameter("Invalid identifier type 'dataset'");
  if (kind === 'attribute') return { on: 'attribute', column: columnOf(key), descending };
  return { on: kind === 'parameter' ? 'param' : kind, key, descending };
}

function entityOf(name: string | null): Entity {
  if (name === null) return 'attribute';
  const entity = Object.hasOwn(ENTITY_NAMES, name) ? ENTITY_NAMES[name] : undefined;
  if (entity) return entity;
  throw invalidParameter(`Invalid entity type '${name}'. Valid values are ${pythonList(ENTITIES)}`);
}

function columnOf(key: string): RunTextColumn | RunNumberColumn {
  const name = Object.hasOwn(ATTRIBUTE_ALIASES, key) ? ATTRIBUTE_ALIASES[key] : key;
  const column = [...TEXT_COLUMNS, ...NUMBER_COLUMNS].find((known) => known === name);
  if (column) return column;
  throw invalidParameter(
    `Invalid attribute key '${key}' specified. Valid keys are '${pythonSet([...TEXT_COLUMNS, ...NUMBER_COLUMNS])}'`,
  );
}

function isNumberColumn(column: string): column is RunNumberColumn {
  return NUMBER_COLUMNS.some((known) => known === column);
}
