import type { Context } from '../../context.ts';
import { withTags } from './experiment.store.ts';
import { toExperimentJson } from './experiment.ts';
import { searchExperimentRows } from './experiment-search.store.ts';
import { parseExperimentFilter, parseExperimentOrder } from './experiment-search.ts';
import {
  checkMaxResults,
  choice,
  cutPage,
  decodePageToken,
  integer,
  list,
  type Message,
  text,
} from './mlflow-protocol/index.ts';
import { lifecyclesOf, VIEW_TYPES } from './view-type.ts';

export const searchFields = {
  max_results: integer(),
  page_token: text(),
  filter: text(),
  order_by: list(text()),
  view_type: choice(VIEW_TYPES),
};

const MOST = 50_000;

/** @throws INVALID_PARAMETER_VALUE */
export async function searchExperiments({ db }: Pick<Context, 'db'>, request: Message<typeof searchFields>) {
  const { view_type, filter = '', order_by } = request;
  const limit = checkMaxResults(request.max_results ?? 0, MOST);
  const search = {
    lifecycles: lifecyclesOf(view_type),
    conditions: parseExperimentFilter(filter),
    order: parseExperimentOrder(order_by),
  };
  const query = ['experiments', view_type ?? 'ACTIVE_ONLY', filter, order_by];
  const after = decodePageToken(request.page_token, query);
  const found = await searchExperimentRows(db.scan, db.dialect, search, { after, limit: limit + 1 });
  const { rows, next_page_token } = cutPage(found, limit, query);
  const experiments = await withTags(db.scan, rows);
  return { experiments: experiments.map(toExperimentJson), next_page_token };
}
