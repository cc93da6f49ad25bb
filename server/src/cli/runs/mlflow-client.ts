import { ApiError, type Client } from '@bucle/client';

/** MLflow's own shapes, as far as the command line shows them; absent lists are left out of answers. */
export interface Experiment {
  readonly experiment_id: string;
  readonly name: string;
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

export interface Pair {
  readonly key: string;
  readonly value?: string;
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

interface Parts {
  readonly client: Client;
  readonly signal: AbortSignal;
}

const ROOT = '/api/2.0/mlflow';
const PAGE = 1_000;

/** All that are not deleted. */
export async function listExperiments({ client, signal }: Parts): Promise<Experiment[]> {
  const all: Experiment[] = [];
  for (let token: string | undefined; ; ) {
    const page: { experiments?: Experiment[]; next_page_token?: string } = await client.request(
      'POST',
      `${ROOT}/experiments/search`,
      { json: { max_results: PAGE, ...(token === undefined ? {} : { page_token: token }) }, signal },
    );
    all.push(...(page.experiments ?? []));
    token = page.next_page_token;
    if (!token) return all;
  }
}

export async function getExperiment({ client, signal }: Parts, name: string): Promise<Experiment> {
  const { experiment } = await client.request<{ experiment: Experiment }>('GET', `${ROOT}/experiments/get-by-name`, {
    query: { experiment_name: name },
    signal,
  });
  return experiment;
}

export interface RunSearch {
  readonly experiments: readonly string[];
  readonly filter?: string | undefined;
  readonly orderBy?: readonly string[] | undefined;
  readonly limit: number;
}

/** At most `limit`, and whether there are more. */
export async function searchRuns(
  { client, signal }: Parts,
  { experiments, filter, orderBy, limit }: RunSearch,
): Promise<{ runs: Run[]; more: boolean }> {
  const runs: Run[] = [];
  for (let token: string | undefined; ; ) {
    const page: { runs?: Run[]; next_page_token?: string } = await client.request('POST', `${ROOT}/runs/search`, {
      json: {
        experiment_ids: experiments,
        max_results: Math.min(PAGE, limit - runs.length),
        ...(filter === undefined ? {} : { filter }),
        ...(orderBy === undefined ? {} : { order_by: orderBy }),
        ...(token === undefined ? {} : { page_token: token }),
      },
      signal,
    });
    runs.push(...(page.runs ?? []));
    token = page.next_page_token;
    if (!token || runs.length >= limit) return { runs, more: Boolean(token) };
  }
}

/** `null` when there is none. */
export async function findRun({ client, signal }: Parts, id: string): Promise<Run | null> {
  try {
    const { run } = await client.request<{ run: Run }>('GET', `${ROOT}/runs/get`, { query: { run_id: id }, signal });
    return run;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

export async function listLoggedModels({ client, signal }: Parts, { info }: Run): Promise<LoggedModel[]> {
  const { models = [] } = await client.request<{ models?: LoggedModel[] }>('POST', `${ROOT}/logged-models/search`, {
    json: { experiment_ids: [info.experiment_id], filter: `source_run_id = '${info.run_id}'`, max_results: 50 },
    signal,
  });
  return models;
}

/** Files of a run, folders opened, up to `limit`. */
export async function listArtifacts(
  { client, signal }: Parts,
  run: string,
  limit: number,
): Promise<{ files: ArtifactFile[]; more: boolean }> {
  const files: ArtifactFile[] = [];
  const folders: (string | undefined)[] = [undefined];
  while (folders.length > 0 && files.length < limit) {
    const path = folders.shift();
    const page: { files?: ArtifactFile[] } = await client.request('GET', `${ROOT}/artifacts/list`, {
      query: { run_id: run, path },
      signal,
    });
    for (const file of page.files ?? []) {
      if (file.is_dir === true) folders.push(file.path);
      else files.push(file);
    }
  }
  return { files: files.slice(0, limit), more: folders.length > 0 || files.length > limit };
}
