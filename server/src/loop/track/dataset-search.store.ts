import type { Db } from '../../database.ts';
import { WORKSPACE } from './workspace.ts';

export interface DatasetSummary {
  readonly experiment: number;
  readonly name: string;
  readonly digest: string;
  /** How a run used it: `training`, …; null: it did not say. */
  readonly context: string | null;
}

/** What runs of these experiments had as input, each use once, by experiment, name and digest. */
export async function listDatasetSummaries(
  db: Db,
  experiments: readonly number[],
  limit: number,
): Promise<DatasetSummary[]> {
  if (experiments.length === 0) return [];
  const rows = await db
    .selectFrom('input_datasets as d')
    .innerJoin('run_inputs as i', (join) => join.onRef('i.dataset', '=', 'd.id').on('i.workspace', '=', WORKSPACE))
    .select(['d.experiment', 'd.name', 'd.digest', 'i.context'])
    .distinct()
    .where('d.workspace', '=', WORKSPACE)
    .where('d.experiment', 'in', [...experiments])
    .orderBy('d.experiment')
    .orderBy('d.name')
    .orderBy('d.digest')
    .orderBy('i.context')
    .limit(limit)
    .execute();
  return rows.map(({ experiment, ...row }) => ({ ...row, experiment: Number(experiment) }));
}
