import type { Context } from '../../context.ts';
import { withTags } from './experiment.store.ts';
import { toExperimentJson } from './experiment.ts';
import { type ExperimentCondition, type ExperimentOrder, searchExperimentRows } from './experiment-search.store.ts';
import {
  type Comparison,
  checkMaxResults,
  choice,
  decodePageToken,
  encodePageToken,
  integer,
  invalidParameter,
  list,
  type Message,
  NULL_OPERATORS,
  numberTest,
  parseFilter,
  parseOrderBy,
  pythonList,
  pythonSet,
  required,
  TEXT_OPERATORS,
  text,
  textTest,
} from './mlflow-protocol/index.ts';
import { lifecyclesOf, VIEW_TYPES } from './view-type.ts';

export const searchFields = {
  max_results: required(integer()),
  page_token: text(),
  filter: text(),
  order_by: list(text()),
  view_type: choice(VIEW_TYPES),
};

const MOST = 50_000;
const FILTER_KEYS = ['name', 'creation_time', 'last_update_time'];
const ORDER_KEYS = ['name', 'experiment_id', 'creation_time', 'last_update_time'] as const;

/** @throws INVALID_PARAMETER_VALUE */
export async function searchExperiments({ db }: Pick<Context, 'db'>, request: Message<typeof searchFields>) {
  const { view_type, filter = '', order_by } = request;
  const limit = checkMaxResults(request.max_results, MOST);
  const search = {
    lifecycles: lifecyclesOf(view_type),
    conditions: parseFilter(filter).map(toCondition),
    order: parseOrderBy(order_by).map(toOrder),
  };
  const query = ['experiments', view_type ?? 'ACTIVE_ONLY', filter, order_by];
  const after = decodePageToken(request.page_token, query);
  const found = await searchExperimentRows(db.scan, db.dialect, search, { after, limit: limit + 1 });
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  const experiments = await withTags(
    db.scan,
    page.map(({ experiment }) => experiment),
  );
  return {
    experiments: experiments.map(toExperimentJson),
    next_page_token: last && encodePageToken(last.position, query),
  };
}

function toCondition(comparison: Comparison): ExperimentCondition {
  const { entity, key } = comparison;
  if (entity === 'tag' || entity === 'tags') {
    return { on: 'tag', key, test: textTest(comparison, 'tag', [...TEXT_OPERATORS, ...NULL_OPERATORS]) };
  }
  requireAttribute(entity);
  if (key === 'name') return { on: 'name', test: textTest(comparison, 'attribute') };
  if (key === 'creation_time') return { on: 'created_at', test: numberTest(comparison, 'numeric attribute') };
  if (key === 'last_update_time') return { on: 'updated_at', test: numberTest(comparison, 'numeric attribute') };
  throw invalidParameter(`Invalid attribute key '${key}' specified. Valid keys are '${pythonSet(FILTER_KEYS)}'`);
}

function toOrder({ entity, key, descending }: ReturnType<typeof parseOrderBy>[number]): ExperimentOrder {
  requireAttribute(entity);
  const known = ORDER_KEYS.find((one) => one === key);
  if (known === undefined) {
    throw invalidParameter(`Invalid order_by key '${key}' specified. Valid keys are '${pythonSet(ORDER_KEYS)}'`);
  }
  const column = (
    { experiment_id: 'id', creation_time: 'created_at', last_update_time: 'updated_at', name: 'name' } as const
  )[known];
  return { column, descending };
}

function requireAttribute(entity: string | null): void {
  if (entity === null || entity === 'attribute' || entity === 'attributes' || entity === 'attr') return;
  throw invalidParameter(`Invalid entity type '${entity}'. Valid values are ${pythonList(['tag', 'attribute'])}`);
}
