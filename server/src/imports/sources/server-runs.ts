import type { MlflowRest } from './mlflow-rest.ts';
import type { SourceRun } from './source.ts';
import { asNumber, asText, asTextOrNull, toLifecycle, toRunStatus } from './values.ts';

const RUNS_PER_PAGE = 100;
const AT_ONCE = 4;

/** Numbers may come as text, and NaN does. */
export interface ServerPoint {
  readonly key?: string;
  readonly value?: number | string;
  readonly timestamp?: number | string;
  readonly step?: number | string;
}

interface Pair {
  readonly key?: string;
  readonly value?: string;
}

interface RunJson {
  readonly info: Readonly<Record<string, unknown>>;
  readonly data?: {
    readonly metrics?: readonly ServerPoint[];
    readonly params?: readonly Pair[];
    readonly tags?: readonly Pair[];
  };
  readonly inputs?: {
    readonly dataset_inputs?: readonly {
      readonly tags?: readonly Pair[];
      readonly dataset?: Readonly<Record<string, unknown>>;
    }[];
    readonly model_inputs?: readonly { readonly model_id?: string }[];
  };
  readonly outputs?: { readonly model_outputs?: readonly { readonly model_id?: string; readonly step?: number }[] };
}

/** @param onKeys told which metrics a run has */
export async function* readServerRuns(
  rest: MlflowRest,
  experiment: string,
  onKeys: (run: SourceRun, keys: readonly string[]) => void,
): AsyncGenerator<readonly SourceRun[]> {
  for (let page_token: string | undefined; ; ) {
    const answer = await rest.post<{ runs?: RunJson[]; next_page_token?: string }>('/api/2.0/mlflow/runs/search', {
      ...{ experiment_ids: [experiment], run_view_type: 'ALL', max_results: RUNS_PER_PAGE },
      // Runs that come meanwhile are after those that were read.
      order_by: ['attributes.start_time ASC'],
      ...(page_token && { page_token }),
    });
    const found = answer.runs ?? [];
    const runs: SourceRun[] = [];
    for (let from = 0; from < found.length; from += AT_ONCE) {
      const whole = await Promise.all(found.slice(from, from + AT_ONCE).map((one) => readWhole(rest, one)));
      for (const one of whole) {
        const run = toRun(one, experiment);
        onKeys(run, [...new Set((one.data?.metrics ?? []).map(({ key }) => asText(key)))]);
        runs.push(run);
      }
    }
    if (runs.length > 0) yield runs;
    page_token = answer.next_page_token;
    if (!page_token) return;
  }
}

/** A search leaves out which models a run took. */
async function readWhole(rest: MlflowRest, { info }: RunJson): Promise<RunJson> {
  const run_id = asText(info['run_id'] ?? info['run_uuid']);
  return (await rest.get<{ run: RunJson }>('/api/2.0/mlflow/runs/get', { run_id })).run;
}

function toRun({ info, data, inputs, outputs }: RunJson, experiment: string): SourceRun {
  const tags = toPairs(data?.tags);
  return {
    ...{ id: asText(info['run_id'] ?? info['run_uuid']), experiment, tags, params: toPairs(data?.params) },
    name: asText(info['run_name']) || (tags.find(({ key }) => key === 'mlflow.runName')?.value ?? ''),
    user: asText(info['user_id']),
    status: toRunStatus(info['status']),
    lifecycle: toLifecycle(info['lifecycle_stage']),
    start_time: asNumber(info['start_time']),
    end_time: asNumber(info['end_time']),
    artifact_uri: asTextOrNull(info['artifact_uri']),
    inputs: (inputs?.dataset_inputs ?? []).map(({ dataset = {}, tags: own }) => ({
      ...{ name: asText(dataset['name']), digest: asText(dataset['digest']) },
      ...{ source_type: asText(dataset['source_type']), source: asText(dataset['source']) },
      ...{ schema: asTextOrNull(dataset['schema']), profile: asTextOrNull(dataset['profile']) },
      tags: toPairs(own),
    })),
    model_inputs: (inputs?.model_inputs ?? []).map(({ model_id }) => ({ model: asText(model_id), step: 0 })),
    model_outputs: (outputs?.model_outputs ?? []).map(({ model_id, step }) => ({
      ...{ model: asText(model_id), step: Number(step ?? 0) },
    })),
  };
}

export function toPairs(pairs: readonly Pair[] = []): { key: string; value: string }[] {
  return pairs.map(({ key, value }) => ({ key: asText(key), value: asText(value) }));
}
