import type { Lifecycle, Pair } from './workspace.ts';

export const RUN_STATUSES = { RUNNING: 1, SCHEDULED: 2, FINISHED: 3, FAILED: 4, KILLED: 5 } as const;
export type RunStatus = keyof typeof RUN_STATUSES;
export const TERMINAL: readonly RunStatus[] = ['FINISHED', 'FAILED', 'KILLED'];

/** Tag that holds the run's name as well. */
export const NAME_TAG = 'mlflow.runName';
/** Tag of the job whose attempt the run is; fixed when the run is made, since it says whose token may write. */
export const JOB_TAG = 'bucle.job';

export interface Run {
  /** 32 hex digits. */
  readonly id: string;
  readonly experiment: number;
  readonly name: string;
  readonly user: string;
  readonly status: RunStatus;
  readonly lifecycle: Lifecycle;
  /** Milliseconds since the epoch, as the client says. */
  readonly startTime: number | null;
  readonly endTime: number | null;
  readonly artifactUri: string;
  /** The job whose token may write. */
  readonly job: string | null;
}

export interface Point {
  readonly key: string;
  /** May be NaN. */
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly step: number;
}

export interface InputDataset {
  readonly name: string;
  readonly digest: string;
  readonly source_type: string;
  readonly source: string;
  readonly schema?: string | null | undefined;
  readonly profile?: string | null | undefined;
}

export interface DatasetInput {
  readonly dataset: InputDataset;
  readonly tags: readonly Pair[];
}

export interface ModelOutput {
  readonly model: string;
  readonly step: number;
}

/** A run with all that is shown of it. */
export interface RunDetail extends Run {
  /** The latest point of each key. */
  readonly metrics: readonly Point[];
  readonly params: readonly Pair[];
  readonly tags: readonly Pair[];
  readonly inputs: readonly DatasetInput[];
  readonly modelInputs: readonly string[];
  readonly modelOutputs: readonly ModelOutput[];
}

export function artifactUriOfRun(artifactLocation: string, run: string): string {
  return joinUri(artifactLocation, `${run}/artifacts`);
}

/** Appends to the path of a URI; a query stays at the end. */
export function joinUri(uri: string, path: string): string {
  const [base = '', query] = uri.split('?', 2);
  const joined = base.endsWith('/') ? `${base}${path}` : `${base}/${path}`;
  return query === undefined ? joined : `${joined}?${query}`;
}

export function toRunJson(run: RunDetail) {
  const model_outputs = run.modelOutputs.map(({ model, step }) => ({ model_id: model, step }));
  return {
    info: toRunInfoJson(run),
    data: { metrics: run.metrics, params: run.params, tags: run.tags },
    inputs: {
      dataset_inputs: run.inputs.map(({ dataset, tags }) => ({ tags, dataset })),
      model_inputs: run.modelInputs.map((model_id) => ({ model_id })),
    },
    outputs: { model_outputs },
  };
}

export function toRunInfoJson(run: Run) {
  return {
    run_id: run.id,
    run_uuid: run.id,
    run_name: run.name,
    experiment_id: String(run.experiment),
    user_id: run.user,
    status: run.status,
    start_time: run.startTime,
    end_time: run.endTime,
    artifact_uri: run.artifactUri,
    lifecycle_stage: run.lifecycle,
  };
}

/** `pattern-moth-417`: for runs and models that nobody named. */
export function randomName(pick: (below: number) => number): string {
  return `${adjectives[pick(adjectives.length)]}-${nouns[pick(nouns.length)]}-${pick(1_000)}`;
}

const adjectives =
  'amber brisk calm clever dapper eager fond gentle humble keen lively mellow nimble plucky quiet rapid sunny tidy upbeat witty'.split(
    ' ',
  );
const nouns =
  'badger crane dolphin egret falcon gecko heron ibis jackal kestrel lynx marten newt otter puffin quail raven stoat tern wren'.split(
    ' ',
  );
