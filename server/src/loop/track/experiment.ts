import { invalidParameter } from './mlflow-protocol/index.ts';
import { type Lifecycle, type Pair, WORKSPACE } from './workspace.ts';

export interface Experiment {
  readonly id: number;
  readonly name: string;
  /** `mlflow-artifacts:/<id>`, or where the experiment's owner says: then clients write there themselves. */
  readonly artifactLocation: string;
  readonly lifecycle: Lifecycle;
  /** Milliseconds since the epoch, the server's clock. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface ExperimentWithTags extends Experiment {
  readonly tags: readonly Pair[];
}

/** @throws INVALID_PARAMETER_VALUE */
export function parseExperimentId(text: string): number {
  if (/^\s*[+-]?\d{1,15}\s*$/.test(text)) return Number(text);
  throw invalidParameter(`Invalid experiment ID '${text.slice(0, 100)}'. Experiment ID must be a valid integer.`);
}

export function toExperimentJson(experiment: ExperimentWithTags) {
  return {
    experiment_id: String(experiment.id),
    name: experiment.name,
    artifact_location: experiment.artifactLocation,
    lifecycle_stage: experiment.lifecycle,
    creation_time: experiment.createdAt,
    last_update_time: experiment.updatedAt,
    workspace: WORKSPACE,
    tags: experiment.tags,
  };
}
