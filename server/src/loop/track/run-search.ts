import {
  type Condition,
  NULL_OPERATORS,
  type Order,
  readConditions,
  readOrder,
  type SearchGrammar,
  type SortColumn,
  TEXT_OPERATORS,
} from './mlflow-protocol/index.ts';
import type { Lifecycle } from './workspace.ts';

export interface RunSearch {
  readonly experiments: readonly number[];
  readonly lifecycles: readonly Lifecycle[];
  readonly conditions: readonly Condition[];
  readonly order: readonly Order[];
}

const name = { column: 'name', holds: 'text' } as const;
const startTime = { column: 'start_time', holds: 'integer', nullable: true } as const satisfies SortColumn;
const endTime = { column: 'end_time', holds: 'integer', nullable: true } as const satisfies SortColumn;

const grammar: SearchGrammar = {
  entities: {
    ...{ metric: 'metric', metrics: 'metric' },
    ...{ param: 'param', params: 'param', parameter: 'param', parameters: 'param' },
    ...{ tag: 'tag', tags: 'tag' },
    ...{ attribute: 'attribute', attributes: 'attribute', attr: 'attribute', run: 'attribute' },
    ...{ dataset: 'dataset', datasets: 'dataset' },
  },
  refuseEntity: (name) =>
    `Invalid entity type '${name}'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']`,
  pairOperators: [...TEXT_OPERATORS, ...NULL_OPERATORS],
  attributes: {
    run_id: { column: 'id', holds: 'text', lists: true },
    ...{ run_name: name, 'run name': name, 'Run name': name, 'Run Name': name },
    user_id: { column: 'user_id', holds: 'text' },
    status: { column: 'status', holds: 'text' },
    artifact_uri: { column: 'artifact_uri', holds: 'text' },
    start_time: { column: 'start_time', holds: 'number' },
    created: { column: 'start_time', holds: 'number' },
    Created: { column: 'start_time', holds: 'number' },
    end_time: { column: 'end_time', holds: 'number' },
  },
  sortable: {
    run_id: { column: 'id', holds: 'text' },
    ...{ run_name: name, 'run name': name, 'Run name': name, 'Run Name': name },
    user_id: { column: 'user_id', holds: 'text' },
    status: { column: 'status', holds: 'text' },
    artifact_uri: { column: 'artifact_uri', holds: 'text' },
    ...{ start_time: startTime, created: startTime, Created: startTime, end_time: endTime },
  },
  sortEntities: ['metric', 'param', 'tag'],
};

/** @throws INVALID_PARAMETER_VALUE */
export function parseRunFilter(filter: string | undefined): Condition[] {
  return readConditions(grammar, filter);
}

/** Unique in the end: the newest first, then by id. @throws INVALID_PARAMETER_VALUE */
export function parseRunOrder(clauses: readonly string[]): Order[] {
  const order = readOrder(grammar, clauses);
  const isSortedBy = (column: string) => order.some((one) => one.on === 'attribute' && one.column === column);
  if (isSortedBy('id')) return order;
  const newest: Order[] = isSortedBy('start_time') ? [] : [{ on: 'attribute', ...startTime, descending: true }];
  return [...order, ...newest, { on: 'attribute', column: 'id', holds: 'text', descending: false }];
}
