import {
  expectOperator,
  LIST_OPERATORS,
  NULL_OPERATORS,
  NUMBER_OPERATORS,
  type NumberTest,
  pythonList,
  pythonSet,
  readNumber,
  readTexts,
  TEXT_OPERATORS,
  type TextTest,
} from './check-comparison.ts';
import { type Comparison, type FilterValue, type Operator, parseFilter } from './filter.ts';
import { invalidParameter } from './mlflow-error.ts';
import { type OrderBy, parseOrderBy } from './order-by.ts';

export type SearchEntity = 'attribute' | 'metric' | 'param' | 'tag' | 'dataset';

/** An attribute that may be compared, and where it is stored. */
export interface Attribute {
  readonly column: string;
  /** `id` is a whole number that clients write as text; an `integer` is compared with whole numbers only. */
  readonly holds: 'text' | 'id' | 'number' | 'integer';
  /** IN and NOT IN are allowed. */
  readonly lists?: true;
  /** The number may stand in quotes. */
  readonly quoted?: true;
  /** What is absent is compared as the empty text. */
  readonly absentIsEmpty?: true;
  /** What is stored for what a client writes. @throws INVALID_PARAMETER_VALUE */
  readonly toStored?: (text: string) => string;
}

export interface SortColumn {
  readonly column: string;
  readonly holds: 'text' | 'integer';
  readonly nullable?: true | undefined;
  /** What is absent sorts as the empty text. */
  readonly absentIsEmpty?: boolean;
}

/** What one search understands; everything that differs between the searches, as data. */
export interface SearchGrammar {
  /** What may stand before the dot. */
  readonly entities: Readonly<Record<string, SearchEntity>>;
  /** "Invalid entity type 'x'" … in the words of this search. */
  readonly refuseEntity: (name: string) => string;
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly pairOperators: readonly Operator[];
  /** Texts need no quotes. */
  readonly unquoted?: true;
  /** "Invalid comparator '>' …" in the words of this search; else the usual ones. */
  readonly refuseOperator?: (entity: SearchEntity, key: string, operator: Operator) => string;
  readonly sortable: Readonly<Record<string, SortColumn>>;
  /** "Invalid … key 'x' specified" of an order in the words of this search. */
  readonly sortKeyWord?: 'order by';
  /** What is named again is passed over. */
  readonly repeats?: true;
  /** Besides attributes. */
  readonly sortEntities: readonly SearchEntity[];
}

/** One comparison of a search, checked. */
export type Condition =
  | { readonly on: 'text' | 'id'; readonly column: string; readonly absentIsEmpty: boolean; readonly test: TextTest }
  | { readonly on: 'number' | 'integer'; readonly column: string; readonly test: NumberTest }
  | { readonly on: 'param' | 'tag'; readonly key: string; readonly test: TextTest }
  | { readonly on: 'metric'; readonly key: string; readonly test: NumberTest }
  | { readonly on: 'dataset'; readonly column: 'name' | 'digest' | 'context'; readonly test: TextTest };

export type Order = { readonly descending: boolean } & (
  | ({ readonly on: 'attribute' } & SortColumn)
  | { readonly on: 'metric' | 'param' | 'tag'; readonly key: string }
);

const PRINTED: Readonly<Record<SearchEntity, string>> = {
  attribute: 'attribute',
  metric: 'metric',
  param: 'parameter',
  tag: 'tag',
  dataset: 'dataset',
};

/** @throws INVALID_PARAMETER_VALUE */
export function readConditions(grammar: SearchGrammar, filter: string | undefined): Condition[] {
  return parseFilter(filter).map((comparison) => toCondition(grammar, comparison));
}

/** @throws INVALID_PARAMETER_VALUE also for two clauses about the same thing */
export function readOrder(grammar: SearchGrammar, clauses: readonly string[]): Order[] {
  const order = parseOrderBy(clauses).map((one) => toOrder(grammar, one));
  const names = order.map((one) => (one.on === 'attribute' ? one.column : `${one.on}.${one.key}`));
  if (grammar.repeats) return order.filter((_, i) => names.indexOf(names[i] ?? '') === i);
  if (new Set(names).size === names.length) return order;
  throw invalidParameter(`\`order_by\` contains duplicate fields: ${pythonList(clauses)}`);
}

function toCondition(grammar: SearchGrammar, comparison: Comparison): Condition {
  const { key } = comparison;
  const entity = entityOf(grammar, comparison.entity);
  switch (entity) {
    case 'metric':
      refuseNull(grammar, comparison, entity);
      return { on: 'metric', key, test: toNumberTest(grammar, comparison, entity, 'metric') };
    case 'param':
    case 'tag':
      return { on: entity, key, test: toTextTest(grammar, comparison, entity, grammar.pairOperators) };
    case 'dataset':
      return toDatasetCondition(grammar, comparison);
    case 'attribute':
      return toAttributeCondition(grammar, comparison);
  }
}

function toDatasetCondition(grammar: SearchGrammar, comparison: Comparison): Condition {
  const { key } = comparison;
  if (key !== 'name' && key !== 'digest' && key !== 'context') {
    throw invalidParameter(`Invalid dataset key '${key}' specified. Valid keys are '{'name', 'digest', 'context'}'`);
  }
  const operators = [...TEXT_OPERATORS, ...LIST_OPERATORS];
  return { on: 'dataset', column: key, test: toTextTest(grammar, comparison, 'dataset', operators) };
}

function toAttributeCondition(grammar: SearchGrammar, comparison: Comparison): Condition {
  const attribute = find(grammar.attributes, comparison.key);
  if (attribute === undefined) throw unknownAttribute(comparison.key, grammar.attributes);
  const { column, holds } = attribute;
  refuseNull(grammar, comparison, 'attribute');
  if (holds === 'number' || holds === 'integer') {
    const value = attribute.quoted ? unquoted(comparison.value, comparison.key) : comparison.value;
    const what = `numeric attribute: ${comparison.key}`;
    const test = toNumberTest(grammar, { ...comparison, value }, 'attribute', what);
    if (holds === 'number' || Number.isSafeInteger(test.number)) return { on: holds, column, test };
    throw invalidParameter(`Invalid value for numeric attribute '${comparison.key}': '${test.number}'`);
  }
  if (comparison.value.kind === 'list' && !attribute.lists) throw noLists(grammar);
  const usual = holds === 'id' && !grammar.unquoted ? (['=', '!='] as const) : TEXT_OPERATORS;
  const operators = attribute.lists ? [...usual, ...LIST_OPERATORS] : usual;
  const { operator, texts } = toTextTest(grammar, comparison, 'attribute', operators);
  const test = { operator, texts: texts.map(attribute.toStored ?? ((text) => text)) };
  return { on: holds, column, absentIsEmpty: attribute.absentIsEmpty ?? false, test };
}

function toNumberTest(grammar: SearchGrammar, comparison: Comparison, entity: SearchEntity, what: string): NumberTest {
  const number = readNumber(comparison.value, what);
  return { operator: checkOperator(grammar, comparison, entity, NUMBER_OPERATORS) as NumberTest['operator'], number };
}

function toTextTest(
  grammar: SearchGrammar,
  comparison: Comparison,
  entity: SearchEntity,
  operators: readonly Operator[],
): TextTest {
  const { value } = comparison;
  if (value.kind === 'list' && !operators.includes('IN')) {
    throw invalidParameter(
      `Expected a quoted string value for ${PRINTED[entity]} (e.g. 'my-value'). Got value ${value.source.slice(0, 300)}`,
    );
  }
  if (value.kind === 'none' && !operators.includes('IS NULL')) refuseNull(grammar, comparison, entity);
  const texts = readTexts(grammar.unquoted ? quoted(value) : value, whatIsQuoted(entity));
  return { operator: checkOperator(grammar, comparison, entity, operators) as TextTest['operator'], texts };
}

function checkOperator(
  grammar: SearchGrammar,
  { key, operator }: Comparison,
  entity: SearchEntity,
  operators: readonly Operator[],
): Operator {
  if (grammar.refuseOperator === undefined || operators.includes(operator)) {
    return expectOperator({ operator }, operators);
  }
  throw invalidParameter(grammar.refuseOperator(entity, key, operator));
}

function refuseNull(grammar: SearchGrammar, { key, operator }: Comparison, entity: SearchEntity): void {
  if (!NULL_OPERATORS.includes(operator)) return;
  const able = [...new Set(Object.values(grammar.entities))].filter((one) => one === 'tag' || one === 'param');
  if (!grammar.pairOperators.includes('IS NULL'))
    throw invalidParameter(`${operator} is not supported in this search.`);
  const named = able.map((one) => `${one}s`).join(' and ');
  throw invalidParameter(`IS NULL / IS NOT NULL is only supported for ${named}, not for '${PRINTED[entity]}' '${key}'`);
}

function noLists({ attributes }: SearchGrammar) {
  const able = Object.entries(attributes).flatMap(([name, { lists }]) => (lists ? [name] : []));
  return invalidParameter(
    `Only ${pythonList(able)} attributes support comparison with a list of quoted string values.`,
  );
}

function toOrder(grammar: SearchGrammar, { entity: name, key, descending }: OrderBy): Order {
  const entity = entityOf(grammar, name);
  if (entity === 'attribute') {
    const column = find(grammar.sortable, key);
    if (column !== undefined) return { on: 'attribute', ...column, descending };
    throw unknownAttribute(key, grammar.sortable, grammar.sortKeyWord);
  }
  if (entity !== 'dataset' && grammar.sortEntities.includes(entity)) return { on: entity, key, descending };
  if (grammar.sortEntities.length === 0) throw invalidParameter(`Invalid order_by entity: ${PRINTED[entity]}`);
  throw invalidParameter(`Invalid identifier type '${PRINTED[entity]}'`);
}

function entityOf(grammar: SearchGrammar, name: string | null): SearchEntity {
  if (name === null) return 'attribute';
  const entity = find(grammar.entities, name);
  if (entity !== undefined) return entity;
  throw invalidParameter(grammar.refuseEntity(name.slice(0, 300)));
}

function unknownAttribute(key: string, known: Readonly<Record<string, unknown>>, kind = 'attribute') {
  return invalidParameter(
    `Invalid ${kind} key '${key.slice(0, 300)}' specified. Valid keys are '${pythonSet(Object.keys(known))}'`,
  );
}

function whatIsQuoted(entity: SearchEntity): string {
  if (entity === 'attribute') return 'attributes';
  return entity === 'dataset' ? 'dataset attributes' : PRINTED[entity];
}

/** A whole number that stands in quotes. */
function unquoted(value: FilterValue, key: string): FilterValue {
  if (value.kind !== 'string') return value;
  if (!/^\s*[+-]?\d{1,15}\s*$/.test(value.text)) {
    throw invalidParameter(`Invalid value for numeric attribute '${key}': '${value.text.slice(0, 300)}'`);
  }
  return { kind: 'number', number: Number(value.text), source: value.text };
}

function quoted(value: FilterValue): FilterValue {
  if (value.kind !== 'number' && value.kind !== 'word') return value;
  return { kind: 'string', text: value.source, source: value.source };
}

function find<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
