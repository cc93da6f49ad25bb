import { importErrors } from '../errors.ts';
import { createSeen } from './metric-lines.ts';
import { isMissing, type MlflowRest, mlflowRest } from './mlflow-rest.ts';
import { openServerArtifacts } from './server-artifacts.ts';
import { readServerModels, readServerRegistry } from './server-models.ts';
import { readServerRuns, type ServerPoint } from './server-runs.ts';
import type { MlflowSource, Series, SourceExperiment, SourceOptions, SourceRun } from './source.ts';
import { asNumber, asText, asTextOrNull, clampValue, toLifecycle } from './values.ts';

const PAGE = 1_000;
const POINTS_PER_PAGE = 25_000;
const POINTS_AT_ONCE = 5_000;

/** @throws IMPORT_NOT_MLFLOW, IMPORT_SOURCE_FAILED */
export async function serverSource(given: string, options: SourceOptions): Promise<MlflowSource> {
  const rest = mlflowRest(given, options);
  const first = await readExperiments(rest).catch((error: Error) => {
    const reason = 'it does not answer as MLflow does; name the address that clients have as MLFLOW_TRACKING_URI';
    throw isMissing(error) ? importErrors.NOT_MLFLOW({ source: rest.address, reason }, { cause: error }) : error;
  });
  /** Which metrics a run has is said along with it. */
  const keys = new WeakMap<SourceRun, readonly string[]>();
  return {
    ...{ kind: 'server', address: rest.address },
    experiments: async () => first,
    runs: (experiment) => readServerRuns(rest, experiment, (run, ofRun) => keys.set(run, ofRun)),
    points: (run) => readPoints(rest, run.id, keys.get(run) ?? [], options),
    loggedModels: (experiment) => readServerModels(rest, experiment),
    registeredModels: () => readServerRegistry(rest, options),
    counts: async () => ({}),
    leftOut: async () => [
      { what: 'deleted logged models and model versions (a server does not show them, its database does)', count: 0 },
      { what: 'traces and whatever else is no run, model or file (its database has the counts)', count: 0 },
    ],
    artifacts: openServerArtifacts(rest, options),
    async [Symbol.asyncDispose]() {},
  };
}

interface ExperimentJson {
  readonly [name: string]: unknown;
  readonly tags?: readonly { readonly key?: string; readonly value?: string }[];
}

async function readExperiments(rest: MlflowRest): Promise<SourceExperiment[]> {
  const found: SourceExperiment[] = [];
  for (let page_token: string | undefined; ; ) {
    const answer = await rest.post<{ experiments?: ExperimentJson[]; next_page_token?: string }>(
      '/api/2.0/mlflow/experiments/search',
      { view_type: 'ALL', max_results: PAGE, order_by: ['experiment_id ASC'], ...(page_token && { page_token }) },
    );
    for (const one of answer.experiments ?? []) found.push(toExperiment(one));
    page_token = answer.next_page_token;
    if (!page_token) return found;
  }
}

function toExperiment(json: ExperimentJson): SourceExperiment {
  const created = asNumber(json['creation_time']) ?? 0;
  return {
    ...{ source_id: asText(json['experiment_id']), name: asText(json['name']) },
    lifecycle: toLifecycle(json['lifecycle_stage']),
    artifact_location: asTextOrNull(json['artifact_location']),
    ...{ created_at: created, updated_at: asNumber(json['last_update_time']) ?? created },
    tags: (json.tags ?? []).map(({ key, value }) => ({ key: asText(key), value: asText(value) })),
  };
}

async function* readPoints(
  rest: MlflowRest,
  run: string,
  keys: readonly string[],
  { onProblem }: SourceOptions,
): AsyncGenerator<Series> {
  for (const key of keys) {
    // A server over folders has the same point as often as it was sent.
    const isSeen = createSeen();
    let wrong = 0;
    for await (const page of readPages(rest, run, key)) {
      const points = page.map(toPoint).filter((point) => {
        const isKept =
          Number.isSafeInteger(point.timestamp) && Number.isSafeInteger(point.step) && point.timestamp >= 0;
        if (!isKept) wrong += 1;
        return isKept && !isSeen(point);
      });
      for (let from = 0; from < points.length; from += POINTS_AT_ONCE) {
        yield { key, points: points.slice(from, from + POINTS_AT_ONCE) };
      }
    }
    if (wrong > 0) onProblem(`${wrong} points of ${key} of run ${run}`, 'their time or step is not below 2^53');
  }
}

async function* readPages(rest: MlflowRest, run: string, key: string): AsyncGenerator<readonly ServerPoint[]> {
  for (let page_token: string | undefined; ; ) {
    const answer = await rest.get<{ metrics?: ServerPoint[]; next_page_token?: string }>(
      '/api/2.0/mlflow/metrics/get-history',
      { run_id: run, metric_key: key, max_results: POINTS_PER_PAGE, ...(page_token && { page_token }) },
    );
    yield answer.metrics ?? [];
    page_token = answer.next_page_token;
    if (!page_token) return;
  }
}

function toPoint({ timestamp, step, value }: ServerPoint): Series['points'][number] {
  return { timestamp: Number(timestamp ?? 0), step: Number(step ?? 0), value: clampValue(Number(value ?? 0)) };
}
