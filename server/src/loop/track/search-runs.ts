import type { Context } from '../../context.ts';
import { parseExperimentId } from './experiment.ts';
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
import { toRunJson } from './run.ts';
import { withDetails } from './run-detail.store.ts';
import { searchRunRows } from './run-search.store.ts';
import { parseRunFilter, parseRunOrder } from './run-search.ts';
import { lifecyclesOf, VIEW_TYPES } from './view-type.ts';

export const searchFields = {
  experiment_ids: list(text()),
  filter: text(),
  run_view_type: choice(VIEW_TYPES),
  max_results: integer(),
  order_by: list(text()),
  page_token: text(),
};

const USUAL = 1_000;
const MOST = 50_000;

/** @throws INVALID_PARAMETER_VALUE */
export async function searchRuns({ db }: Pick<Context, 'db'>, request: Message<typeof searchFields>) {
  const { experiment_ids, filter = '', order_by, run_view_type } = request;
  const limit = checkMaxResults(request.max_results ?? USUAL, MOST);
  const search = {
    experiments: experiment_ids.map(parseExperimentId),
    lifecycles: lifecyclesOf(run_view_type),
    conditions: parseRunFilter(filter),
    order: parseRunOrder(order_by),
  };
  const query = ['runs', experiment_ids, run_view_type ?? 'ACTIVE_ONLY', filter, order_by];
  const after = decodePageToken(request.page_token, query);
  if (search.experiments.length === 0) return {};
  const found = await searchRunRows(db.scan, db.dialect, search, { after, limit: limit + 1 });
  const { rows, next_page_token } = cutPage(found, limit, query);
  const runs = await withDetails(db.scan, rows);
  return { runs: runs.map(toRunJson), next_page_token };
}
