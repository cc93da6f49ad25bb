import { parseExperimentId } from './experiment.ts';
import {
  type Condition,
  NULL_OPERATORS,
  type Order,
  readConditions,
  readOrder,
  type SearchGrammar,
  TEXT_OPERATORS,
} from './mlflow-protocol/index.ts';
import type { Lifecycle } from './workspace.ts';

export interface ExperimentSearch {
  readonly lifecycles: readonly Lifecycle[];
  readonly conditions: readonly Condition[];
  readonly order: readonly Order[];
}

const grammar: SearchGrammar = {
  entities: {
    ...{ attribute: 'attribute', attributes: 'attribute', attr: 'attribute' },
    ...{ tag: 'tag', tags: 'tag' },
  },
  refuseEntity: (name) => `Invalid entity type '${name}'. Valid entity types are ('attribute', 'tag', 'tags')`,
  pairOperators: [...TEXT_OPERATORS, ...NULL_OPERATORS],
  attributes: {
    name: { column: 'name', holds: 'text' },
    experiment_id: { column: 'id', holds: 'id', lists: true, toStored: (text) => String(parseExperimentId(text)) },
    creation_time: { column: 'created_at', holds: 'integer' },
    last_update_time: { column: 'updated_at', holds: 'integer' },
  },
  refuseOperator: (entity, key, operator) =>
    entity === 'tag'
      ? `Invalid comparator for tag: ${operator}`
      : key === 'experiment_id'
        ? `Invalid comparator for experiment_id: ${operator}`
        : `Invalid comparator '${operator}' not one of those for attribute '${key}'`,
  sortable: {
    name: { column: 'name', holds: 'text' },
    experiment_id: { column: 'id', holds: 'integer' },
    creation_time: { column: 'created_at', holds: 'integer' },
    last_update_time: { column: 'updated_at', holds: 'integer' },
  },
  sortEntities: [],
  repeats: true,
};

/** @throws INVALID_PARAMETER_VALUE */
export function parseExperimentFilter(filter: string | undefined): Condition[] {
  return readConditions(grammar, filter);
}

/** Unique in the end; without clauses, the newest first. @throws INVALID_PARAMETER_VALUE */
export function parseExperimentOrder(clauses: readonly string[]): Order[] {
  const order = readOrder(grammar, clauses);
  if (order.some((one) => one.on === 'attribute' && one.column === 'id')) return order;
  const newest: Order[] =
    order.length > 0 ? [] : [{ on: 'attribute', column: 'created_at', holds: 'integer', descending: true }];
  return [...order, ...newest, { on: 'attribute', column: 'id', holds: 'integer', descending: order.length > 0 }];
}
