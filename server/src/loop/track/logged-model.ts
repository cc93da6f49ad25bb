import { invalidParameter, pythonText } from './mlflow-protocol/index.ts';
import type { Point } from './run.ts';
import type { Lifecycle, Pair } from './workspace.ts';

export const MODEL_STATUSES = {
  LOGGED_MODEL_PENDING: 1,
  LOGGED_MODEL_READY: 2,
  LOGGED_MODEL_UPLOAD_FAILED: 3,
} as const;
export type ModelStatus = keyof typeof MODEL_STATUSES;

export interface LoggedModel {
  /** `m-` and 32 hex digits. */
  readonly id: string;
  readonly experiment: number;
  readonly name: string;
  readonly modelType: string | null;
  /** READY: all files are there. */
  readonly status: ModelStatus;
  readonly lifecycle: Lifecycle;
  /** The run that logged it. */
  readonly sourceRun: string | null;
  readonly artifactUri: string;
  /** Where its golden document was computed; null: it has none. */
  readonly golden: { readonly origin: 'job' | 'rebuilt'; readonly sha256: string } | null;
  /** Milliseconds since the epoch, the server's clock. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** The latest point of a metric of a model, as one run measured it on one dataset. */
export interface ModelMetric extends Point {
  readonly run: string;
  readonly datasetName: string | null;
  readonly datasetDigest: string | null;
}

export interface LoggedModelDetail extends LoggedModel {
  readonly tags: readonly Pair[];
  readonly params: readonly Pair[];
  readonly metrics: readonly ModelMetric[];
}

/** @throws INVALID_PARAMETER_VALUE */
export function checkModelName(name: string): string {
  if (!/[/:.%"']/.test(name)) return name;
  throw invalidParameter(
    `Invalid model name (${pythonText(name.slice(0, 100))}) provided. Model name must be a non-empty string and cannot contain ` +
      `the following characters: ('/', ':', '.', '%', '"', "'")`,
  );
}

export function toModelJson(model: LoggedModelDetail) {
  return {
    info: {
      model_id: model.id,
      experiment_id: String(model.experiment),
      name: model.name,
      creation_timestamp_ms: model.createdAt,
      last_updated_timestamp_ms: model.updatedAt,
      artifact_uri: model.artifactUri,
      status: model.status,
      model_type: model.modelType ?? '',
      source_run_id: model.sourceRun ?? '',
      tags: model.tags,
    },
    data: {
      params: model.params,
      metrics: model.metrics.map(({ key, value, timestamp, step, run, datasetName, datasetDigest }) => ({
        key,
        value,
        timestamp,
        step,
        run_id: run,
        model_id: model.id,
        dataset_name: datasetName,
        dataset_digest: datasetDigest,
      })),
    },
  };
}
