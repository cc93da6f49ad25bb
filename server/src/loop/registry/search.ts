import {
  type Condition,
  NULL_OPERATORS,
  type Order,
  readConditions,
  readOrder,
  type SearchGrammar,
  type SortColumn,
  TEXT_OPERATORS,
} from '../track/index.ts';
import { PROMPT_TAG } from './model.ts';

export interface Search {
  readonly conditions: readonly Condition[];
  /** False: prompts are left out, whatever else is asked. */
  readonly prompts: boolean;
  /** Unique in the end. */
  readonly order: readonly Order[];
}

const shared = {
  entities: {
    ...{ attribute: 'attribute', attributes: 'attribute', attr: 'attribute' },
    ...{ tag: 'tag', tags: 'tag' },
  },
  refuseEntity: (name) => `Invalid entity type '${name}'. Valid entity types are ('attribute', 'tag', 'tags')`,
  pairOperators: [...TEXT_OPERATORS, ...NULL_OPERATORS],
  refuseOperator: (entity, key, operator) => {
    const numeric = key === 'version_number' ? ` ${key}` : '';
    return `Invalid comparator for ${entity}${numeric}: ${operator}`;
  },
  sortEntities: [],
} as const satisfies Partial<SearchGrammar>;

const changed = { column: 'updated_at', holds: 'integer' } as const satisfies SortColumn;

const models: SearchGrammar = {
  ...shared,
  sortKeyWord: 'order by',
  attributes: { name: { column: 'name', holds: 'text', lists: true } },
  sortable: { name: { column: 'name', holds: 'text' }, timestamp: changed, last_updated_timestamp: changed },
};

const versions: SearchGrammar = {
  ...shared,
  attributes: {
    name: { column: 'model', holds: 'text', lists: true },
    version_number: { column: 'number', holds: 'integer', quoted: true },
    run_id: { column: 'run', holds: 'text', lists: true, absentIsEmpty: true },
    source_path: { column: 'source', holds: 'text' },
  },
  sortable: {
    name: { column: 'model', holds: 'text' },
    version_number: { column: 'number', holds: 'integer' },
    creation_timestamp: { column: 'created_at', holds: 'integer' },
    last_updated_timestamp: changed,
  },
};

/** By name in the end. @throws INVALID_PARAMETER_VALUE */
export function parseModelSearch(filter: string | undefined, orderBy: readonly string[]): Search {
  const order = readOrder(models, orderBy);
  return { ...readFilter(models, filter), order: withTies(order, [['name', 'text', false]]) };
}

/** Without an order, what changed last comes first. @throws INVALID_PARAMETER_VALUE */
export function parseVersionSearch(filter: string | undefined, orderBy: readonly string[]): Search {
  const order = readOrder(versions, orderBy.length === 0 ? ['last_updated_timestamp DESC'] : orderBy);
  const ties = [
    ['model', 'text', false],
    ['number', 'integer', true],
  ] as const;
  return { ...readFilter(versions, filter), order: withTies(order, ties) };
}

function readFilter(grammar: SearchGrammar, filter: string | undefined): Pick<Search, 'conditions' | 'prompts'> {
  const all = readConditions(grammar, filter);
  const prompts = asksForPrompts(all.find((one) => one.on === 'tag' && one.key === PROMPT_TAG));
  // What else is said of the tag of prompts also means models that lack it, and those are what is left anyway.
  return { conditions: prompts ? all : all.filter((one) => one.on !== 'tag' || one.key !== PROMPT_TAG), prompts };
}

function asksForPrompts(condition: Condition | undefined): boolean {
  if (condition?.on !== 'tag') return false;
  const { operator, texts } = condition.test;
  const value = texts[0]?.toLowerCase();
  return (operator === '=' && value === 'true') || (operator === '!=' && value === 'false');
}

function withTies(order: readonly Order[], ties: readonly (readonly [string, 'text' | 'integer', boolean])[]): Order[] {
  const sorted = new Set(order.map((one) => (one.on === 'attribute' ? one.column : '')));
  const more = ties.filter(([column]) => !sorted.has(column));
  return [
    ...order,
    ...more.map(([column, holds, descending]): Order => ({ on: 'attribute', column, holds, descending })),
  ];
}
