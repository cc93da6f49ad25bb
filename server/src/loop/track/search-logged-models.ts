import type { Context } from '../../context.ts';
import { parseExperimentId } from './experiment.ts';
import { withModelDetails } from './logged-model.store.ts';
import { toModelJson } from './logged-model.ts';
import { searchModelRows } from './logged-model-search.store.ts';
import { parseModelFilter, parseModelOrder } from './logged-model-search.ts';
import {
  checkMaxResults,
  cutPage,
  decodePageToken,
  flag,
  integer,
  list,
  type Message,
  message,
  required,
  text,
} from './mlflow-protocol/index.ts';

const MOST_DATASETS = 100;
/** Each may join a table. */
const MOST_KEYS = 20;

export const searchFields = {
  experiment_ids: required(list(text())),
  filter: text(),
  datasets: list(message({ dataset_name: required(text()), dataset_digest: text() }), MOST_DATASETS),
  max_results: integer(),
  order_by: list(
    message({ field_name: required(text()), ascending: flag(), dataset_name: text(), dataset_digest: text() }),
    MOST_KEYS,
  ),
  page_token: text(),
};

const USUAL = 50;
const MOST = 50_000;

/** Without deleted ones. @throws INVALID_PARAMETER_VALUE */
export async function searchLoggedModels({ db }: Pick<Context, 'db'>, request: Message<typeof searchFields>) {
  const { experiment_ids, filter = '', datasets, order_by } = request;
  const limit = checkMaxResults(request.max_results ?? USUAL, MOST);
  const search = {
    experiments: experiment_ids.map(parseExperimentId),
    conditions: parseModelFilter(filter),
    datasets: datasets.map(({ dataset_name, dataset_digest = null }) => ({
      name: dataset_name,
      digest: dataset_digest,
    })),
    order: parseModelOrder(order_by),
  };
  const query = ['logged-models', experiment_ids, filter, datasets, order_by];
  const after = decodePageToken(request.page_token, query);
  const found = await searchModelRows(db.scan, db.dialect, search, { after, limit: limit + 1 });
  const { rows, next_page_token } = cutPage(found, limit, query);
  const models = await withModelDetails(db.scan, rows);
  return { models: models.map(toModelJson), next_page_token };
}
