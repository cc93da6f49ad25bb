import {
  type Attribute,
  type Condition,
  invalidParameter,
  LIST_OPERATORS,
  NUMBER_OPERATORS,
  type Order,
  readConditions,
  type SearchGrammar,
  type SortColumn,
  TEXT_OPERATORS,
} from './mlflow-protocol/index.ts';

/** Narrows metrics to those measured on this dataset. */
export interface DatasetNarrowing {
  readonly name: string;
  readonly digest: string | null;
}

export type ModelOrder =
  | Extract<Order, { on: 'attribute' }>
  | {
      readonly on: 'metric';
      readonly key: string;
      readonly dataset: DatasetNarrowing | null;
      readonly descending: boolean;
    };

const STRINGS = [...TEXT_OPERATORS, ...LIST_OPERATORS];
const created = { column: 'created_at', holds: 'integer' } as const;
const updated = { column: 'updated_at', holds: 'integer' } as const;
const times = {
  ...{ creation_timestamp: created, creation_timestamp_ms: created, creation_time: created },
  ...{ last_updated_timestamp: updated, last_updated_timestamp_ms: updated, last_updated_time: updated },
};

const grammar: SearchGrammar = {
  entities: { attributes: 'attribute', metrics: 'metric', params: 'param', tags: 'tag' },
  refuseEntity: (name) =>
    `Invalid entity type: '${name}'. Expected one of ['attributes', 'metrics', 'params', 'tags'].`,
  pairOperators: STRINGS,
  unquoted: true,
  attributes: {
    name: { column: 'name', holds: 'text', lists: true },
    model_id: { column: 'id', holds: 'text', lists: true },
    model_type: { column: 'model_type', holds: 'text', lists: true, absentIsEmpty: true },
    status: { column: 'status', holds: 'text', lists: true, toStored: toStatus },
    source_run_id: { column: 'source_run', holds: 'text', lists: true, absentIsEmpty: true },
    experiment_id: { column: 'experiment', holds: 'id', lists: true },
    ...times,
  } satisfies Record<string, Attribute>,
  refuseOperator: (entity, key, operator) =>
    `Invalid comparison operator for ${entity}s.${key}: '${operator}'. Expected one of ` +
    `(${(entity === 'metric' || Object.hasOwn(times, key) ? NUMBER_OPERATORS : STRINGS).map((one) => `'${one}'`).join(', ')}).`,
  sortable: {
    name: { column: 'name', holds: 'text' },
    model_id: { column: 'id', holds: 'text' },
    model_type: { column: 'model_type', holds: 'text', absentIsEmpty: true },
    status: { column: 'status', holds: 'text' },
    source_run_id: { column: 'source_run', holds: 'text', absentIsEmpty: true },
    experiment_id: { column: 'experiment', holds: 'integer' },
    ...times,
  } satisfies Record<string, SortColumn>,
  sortEntities: [],
};

/** @throws INVALID_PARAMETER_VALUE */
export function parseModelFilter(filter: string | undefined): Condition[] {
  return readConditions(grammar, filter);
}

interface GivenOrder {
  readonly field_name: string;
  readonly ascending: boolean | undefined;
  readonly dataset_name: string | undefined;
  readonly dataset_digest: string | undefined;
}

/** Unique in the end: the newest first, then by id. @throws INVALID_PARAMETER_VALUE */
export function parseModelOrder(given: readonly GivenOrder[]): ModelOrder[] {
  const order = given.map(toModelOrder);
  const isSortedBy = (column: string) => order.some((one) => one.on === 'attribute' && one.column === column);
  const newest: ModelOrder[] = isSortedBy('created_at') ? [] : [{ on: 'attribute', ...created, descending: true }];
  const id: ModelOrder[] = isSortedBy('id')
    ? []
    : [{ on: 'attribute', column: 'id', holds: 'text', descending: false }];
  return [...order, ...newest, ...id];
}

function toModelOrder({ field_name, ascending = true, dataset_name, dataset_digest }: GivenOrder): ModelOrder {
  const name = field_name.trim();
  const descending = !ascending;
  if (dataset_digest && !dataset_name) {
    throw invalidParameter('`dataset_digest` can only be specified if `dataset_name` is also specified.');
  }
  if (name.startsWith('metrics.')) {
    const dataset = dataset_name ? { name: dataset_name, digest: dataset_digest || null } : null;
    return { on: 'metric', key: withoutQuotes(name.slice('metrics.'.length)), dataset, descending };
  }
  const key = name.replace(/^attributes?\./, '');
  const column = Object.hasOwn(grammar.sortable, key) ? grammar.sortable[key] : undefined;
  if (column !== undefined) return { on: 'attribute', ...column, descending };
  const hint = name.includes('.') ? 'Only metrics are supported.' : `Known ones are metrics.<key>, ${known()}.`;
  throw invalidParameter(`Invalid order by field name: ${name.slice(0, 300)}. ${hint}`);
}

function known(): string {
  return Object.keys(grammar.sortable).join(', ');
}

function withoutQuotes(key: string): string {
  return /^(`.*`|".*")$/s.test(key) && key.length > 2 ? key.slice(1, -1) : key;
}

/** Clients write READY, or its number, and the database LOGGED_MODEL_READY. */
function toStatus(text: string): string {
  const byNumber: Readonly<Record<string, string>> = { '1': 'PENDING', '2': 'READY', '3': 'UPLOAD_FAILED' };
  const status = byNumber[text] ?? text;
  return /^(PENDING|READY|UPLOAD_FAILED)$/.test(status) ? `LOGGED_MODEL_${status}` : status;
}
