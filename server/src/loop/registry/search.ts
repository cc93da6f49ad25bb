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
} from '../track/index.ts';
import { PROMPT_TAG } from './model.ts';

export type ModelColumn = 'name' | 'updated_at';
export type VersionColumn = 'model' | 'number' | 'run' | 'source' | 'created_at' | 'updated_at';

export type Condition<Column extends string> =
  | { readonly kind: 'text'; readonly column: Column; readonly test: TextTest }
  | { readonly kind: 'number'; readonly column: Column; readonly test: NumberTest }
  | { readonly kind: 'tag'; readonly key: string; readonly test: TextTest };

export interface Search<Column extends string> {
  readonly conditions: readonly Condition<Column>[];
  /** False: prompts are left out, whatever else is asked. */
  readonly prompts: boolean;
  /** Unique in the end. */
  readonly order: readonly { readonly column: Column; readonly descending: boolean }[];
}

interface Grammar<Column extends string> {
  /** MLflow's name → column and whether several values may be given. */
  readonly texts: Readonly<Record<string, { readonly column: Column; readonly lists: boolean }>>;
  readonly numbers: Readonly<Record<string, Column>>;
  readonly sortKeys: Readonly<Record<string, Column>>;
  readonly tieBreak: Search<Column>['order'];
  readonly defaultOrder: Search<Column>['order'];
}

const models: Grammar<ModelColumn> = {
  texts: { name: { column: 'name', lists: true } },
  numbers: {},
  sortKeys: { name: 'name', timestamp: 'updated_at', last_updated_timestamp: 'updated_at' },
  tieBreak: [{ column: 'name', descending: false }],
  defaultOrder: [],
};

const versions: Grammar<VersionColumn> = {
  texts: {
    name: { column: 'model', lists: true },
    run_id: { column: 'run', lists: true },
    source_path: { column: 'source', lists: false },
  },
  numbers: { version_number: 'number' },
  sortKeys: {
    name: 'model',
    version_number: 'number',
    creation_timestamp: 'created_at',
    last_updated_timestamp: 'updated_at',
  },
  tieBreak: [
    { column: 'model', descending: false },
    { column: 'number', descending: true },
  ],
  defaultOrder: [{ column: 'updated_at', descending: true }],
};

/** @throws INVALID_PARAMETER_VALUE */
export const parseModelSearch = (filter: string | undefined, orderBy: readonly string[]) =>
  parseSearch(models, filter, orderBy);

/** @throws INVALID_PARAMETER_VALUE */
export const parseVersionSearch = (filter: string | undefined, orderBy: readonly string[]) =>
  parseSearch(versions, filter, orderBy);

function parseSearch<Column extends string>(
  grammar: Grammar<Column>,
  filter: string | undefined,
  orderBy: readonly string[],
): Search<Column> {
  const all = parseFilter(filter).map((comparison) => toCondition(grammar, comparison));
  const prompts = all.some(asksForPrompts);
  return {
    // What else is said of the tag of prompts also means models that lack it, and those are what is left anyway.
    conditions: prompts ? all : all.filter((one) => one.kind !== 'tag' || one.key !== PROMPT_TAG),
    prompts,
    order: toOrder(grammar, parseOrderBy(orderBy)),
  };
}

function toCondition<Column extends string>(grammar: Grammar<Column>, comparison: Comparison): Condition<Column> {
  const { key } = comparison;
  const entity = entityOf(comparison);
  if (entity === 'tag') {
    return {
      kind: 'tag',
      key,
      test: textTest(comparison, `tag ${key}`, [...TEXT_OPERATORS, ...NULL_OPERATORS]),
    };
  }
  const text = grammar.texts[key];
  if (text) {
    const operators = text.lists ? [...TEXT_OPERATORS, ...LIST_OPERATORS] : TEXT_OPERATORS;
    return { kind: 'text', column: text.column, test: textTest(comparison, `attribute ${key}`, operators) };
  }
  const number = grammar.numbers[key];
  if (number) return { kind: 'number', column: number, test: integerTest(comparison) };
  throw invalidParameter(
    `Invalid attribute key '${key}' specified. Valid keys are '${pythonSet([...Object.keys(grammar.texts), ...Object.keys(grammar.numbers)])}'`,
  );
}

function entityOf({ entity }: Pick<Comparison, 'entity'>): 'attribute' | 'tag' {
  const name = entity?.toLowerCase() ?? 'attribute';
  if (['attribute', 'attributes', 'attr'].includes(name)) return 'attribute';
  if (['tag', 'tags'].includes(name)) return 'tag';
  throw invalidParameter(`Invalid entity type '${entity}'. Valid values are ${pythonList(['tag', 'attribute'])}`);
}

/** Numbers of versions may stand in quotes. */
function integerTest(comparison: Comparison): NumberTest {
  const { key, value } = comparison;
  const quoted = value.kind === 'string' && /^\d{1,15}$/.test(value.text) ? Number(value.text) : null;
  const test =
    quoted === null
      ? numberTest(comparison, `attribute ${key}`)
      : numberTest(
          { ...comparison, value: { kind: 'number', number: quoted, source: String(quoted) } },
          `attribute ${key}`,
        );
  if (Number.isSafeInteger(test.number)) return test;
  throw invalidParameter(`Invalid value for numeric attribute '${key}': ${test.number}`);
}

function asksForPrompts(condition: Condition<string>): boolean {
  if (condition.kind !== 'tag' || condition.key !== PROMPT_TAG) return false;
  const { operator, texts } = condition.test;
  const value = texts[0]?.toLowerCase();
  return (operator === '=' && value === 'true') || (operator === '!=' && value === 'false');
}

function toOrder<Column extends string>(
  grammar: Grammar<Column>,
  orderBy: readonly OrderBy[],
): Search<Column>['order'] {
  const order = orderBy.length === 0 ? [...grammar.defaultOrder] : orderBy.map((one) => toSortKey(grammar, one));
  const columns = order.map(({ column }) => column);
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (twice !== undefined) throw invalidParameter('`order_by` contains duplicate fields.');
  return [...order, ...grammar.tieBreak.filter(({ column }) => !columns.includes(column))];
}

function toSortKey<Column extends string>(grammar: Grammar<Column>, { entity, key, descending }: OrderBy) {
  const column = entityOf({ entity }) === 'attribute' ? grammar.sortKeys[key] : undefined;
  if (column) return { column, descending };
  throw invalidParameter(
    `Invalid order by key '${key}' specified. Valid keys are ${pythonList(Object.keys(grammar.sortKeys))}`,
  );
}
