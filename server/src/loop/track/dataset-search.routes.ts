import type { Context } from '../../context.ts';
import { listDatasetSummaries } from './dataset-search.store.ts';
import { type AddOperation, invalidParameter, list, text } from './mlflow-protocol/index.ts';

const MOST_EXPERIMENTS = 20;
const MOST_SUMMARIES = 1_000;

/** Which datasets the runs of some experiments had as input: what pages offer to filter by. */
export function datasetSearchOperations(add: AddOperation, { db }: Pick<Context, 'db'>): void {
  add({
    method: 'POST',
    path: 'experiments/search-datasets',
    scope: 'read',
    request: { experiment_ids: list(text()) },
    async handle({ experiment_ids: ids }) {
      if (ids.length === 0) {
        throw invalidParameter('SearchDatasets request must specify at least one experiment_id.');
      }
      if (ids.length > MOST_EXPERIMENTS) {
        throw invalidParameter(
          `SearchDatasets request cannot specify more than ${MOST_EXPERIMENTS} experiment_ids. ` +
            `Received ${ids.length} experiment_ids.`,
        );
      }
      // No experiment can have another id.
      const experiments = ids.filter((id) => /^\d{1,15}$/.test(id)).map(Number);
      const found = await listDatasetSummaries(db.scan, experiments, MOST_SUMMARIES);
      return {
        dataset_summaries: found.map(({ experiment, name, digest, context }) => ({
          ...{ experiment_id: String(experiment), name, digest, context },
        })),
      };
    },
  });
}
