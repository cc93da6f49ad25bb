import type { Marker } from '../../../platform/processes/kill-tree.ts';
import type { EvaluatedModels, ModelParts } from '../model-access.ts';

/** What deciding needs. */
export interface DecideParts extends ModelParts {
  readonly models: EvaluatedModels;
}

/** One turn at a decision. */
export interface Work {
  /** Empty folder of this turn's own; thrown away. */
  readonly folder: string;
  /** Carried by its worker processes. */
  readonly marker: Marker;
  readonly signal: AbortSignal;
  /** What is being done, for a person. */
  readonly onLine: (line: string) => void;
}
