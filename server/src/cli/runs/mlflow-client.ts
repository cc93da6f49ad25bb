import { ApiError } from '@bucle/client';
import { type Found, getMlflow, given, type MlflowParts, type Pair, readPages, sendMlflow } from '../mlflow.ts';
import type { ViewType } from '../view-type.ts';

export type { Pair } from '../mlflow.ts';

/** MLflow's own shapes, as far as the command line shows them; absent lists are left out of answers. */
export interface Experiment {
  readonly experiment_id: string;
  readonly name: string;
  readonly artifact_location?: string;
  readonly lifecycle_stage?: string;
  readonly creation_time?: number;
  readonly last_update_time?: number;
  readonly tags?: readonly Pair[];
}

export interface RunInfo {
  readonly run_id: string;
  readonly run_name?: string;
  readonly experiment_id: string;
  readonly user_id?: string;
  readonly status: string;
  readonly start_time?: number;
  readonly end_time?: number;
  readonly artifact_uri?: string;
  readonly lifecycle_stage: string;
}

/** A number, or the word for one that JSON has not: `NaN`, `Infinity`. */
export interface Metric {
  readonly key: string;
  readonly value: number | string;
  readonly step?: number;
}

export interface DatasetInput {
  readonly dataset: { readonly name: string; readonly digest: string; readonly source_type?: string };
  readonly tags?: readonly Pair[];
}

export interface Run {
  readonly info: RunInfo;
  readonly data: {
    readonly metrics?: readonly Metric[];
    readonly params?: readonly Pair[];
    readonly tags?: readonly Pair[];
  };
  readonly inputs?: { readonly dataset_inputs?: readonly DatasetInput[] };
}

export interface LoggedModel {
  readonly info: { readonly model_id: string; readonly name: string; readonly status: string };
}

export interface ArtifactFile {
  readonly path: string;
  readonly is_dir?: boolean;
  readonly file_size?: number;
}

/** By default all that are not deleted. */
export async function listExperiments(io: MlflowParts, view: ViewType = 'ACTIVE_ONLY'): Promise<Experiment[]> {
  const { items } = await searchExperiments(io, { view, limit: Number.POSITIVE_INFINITY });
  return items;
}

export interface ExperimentSearch {
  readonly view: ViewType;
  readonly filter?: string | undefined;
  readonly orderBy?: readonly string[] | undefined;
  readonly limit: number;
}

interface ExperimentPage {
  readonly experiments?: Experiment[];
  readonly next_page_token?: string;
}

export function searchExperiments(
  io: MlflowParts,
  { view, filter, orderBy, limit }: ExperimentSearch,
): Promise<Found<Experiment>> {
  return readPages(limit, async (max_results, page_token) => {
    const json = given({ max_results, page_token, filter, order_by: orderBy, view_type: view });
    const { experiments = [], ...page } = await sendMlflow<ExperimentPage>(io, 'experiments/search', json);
    return { ...page, items: experiments };
  });
}

/** By name, or else by id; `experiment:` before it means an id. @throws ApiError with 404 */
export async function getExperiment(io: MlflowParts, word: string): Promise<Experiment> {
  const [, id] = /^experiment:(\d{1,19})$/.exec(word) ?? [];
  if (id !== undefined) return experimentOf(getMlflow(io, 'experiments/get', { experiment_id: id }));
  try {
    return await experimentOf(getMlflow(io, 'experiments/get-by-name', { experiment_name: word }));
  } catch (error) {
    const isAbsent = error instanceof ApiError && error.status === 404;
    if (!isAbsent || !/^\d{1,19}$/.test(word)) throw error;
    return experimentOf(getMlflow(io, 'experiments/get', { experiment_id: word }));
  }
}

async function experimentOf(answer: Promise<{ experiment: Experiment }>): Promise<Experiment> {
  return (await answer).experiment;
}

export interface RunSearch {
  readonly experiments: readonly string[];
  readonly view?: ViewType;
  readonly filter?: string | undefined;
  readonly orderBy?: readonly string[] | undefined;
  readonly limit: number;
}

interface RunPage {
  readonly runs?: Run[];
  readonly next_page_token?: string;
}

/** At most `limit`, and whether there are more. */
export async function searchRuns(
  io: MlflowParts,
  { experiments, view = 'ACTIVE_ONLY', filter, orderBy, limit }: RunSearch,
): Promise<{ runs: Run[]; more: boolean }> {
  const { items: runs, more } = await readPages(limit, async (max_results, page_token) => {
    const json = given({ max_results, page_token, filter, order_by: orderBy });
    const { runs = [], ...page } = await sendMlflow<RunPage>(io, 'runs/search', {
      ...{ ...json, experiment_ids: experiments, run_view_type: view },
    });
    return { ...page, items: runs };
  });
  return { runs, more };
}

/** `null` when there is none. */
export async function findRun(io: MlflowParts, id: string): Promise<Run | null> {
  try {
    return (await getMlflow<{ run: Run }>(io, 'runs/get', { run_id: id })).run;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

export async function listLoggedModels(io: MlflowParts, { info }: Run): Promise<LoggedModel[]> {
  const { models = [] } = await sendMlflow<{ models?: LoggedModel[] }>(io, 'logged-models/search', {
    ...{ experiment_ids: [info.experiment_id], filter: `source_run_id = '${info.run_id}'`, max_results: 50 },
  });
  return models;
}

/** Files of a run, folders opened, up to `limit`. */
export async function listArtifacts(
  io: MlflowParts,
  run: string,
  limit: number,
): Promise<{ files: ArtifactFile[]; more: boolean }> {
  const files: ArtifactFile[] = [];
  const folders: (string | undefined)[] = [undefined];
  while (folders.length > 0 && files.length < limit) {
    const path = folders.shift();
    const page = await getMlflow<{ files?: ArtifactFile[] }>(io, 'artifacts/list', { run_id: run, path });
    for (const file of page.files ?? []) {
      if (file.is_dir === true) folders.push(file.path);
      else files.push(file);
    }
  }
  return { files: files.slice(0, limit), more: folders.length > 0 || files.length > limit };
}
