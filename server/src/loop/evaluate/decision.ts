import type { PredictionMeaning } from '../../engines/prediction-meaning.ts';
import type { Evidence } from './evidence.schema.ts';
import type { Gate } from './gate.schema.ts';

/** `pending` until a worker takes it; `made` is final. */
export type DecisionState = 'pending' | 'running' | 'made';

/** Computed from data; said by a person against or without data; or of an endpoint that had nobody. */
export type DecisionKind = 'evaluation' | 'override' | 'first';

/** `invalid`: nothing was shown, so that nothing may move. */
export type Verdict = 'promote' | 'keep' | 'invalid';

/** Which columns of the dataset mean what; none of them is shown to the models unless their signature asks for it. */
export interface EvaluationColumns {
  readonly label: string;
  readonly eventTime: string | null;
  readonly key: string | null;
}

/** What a decision is about. */
export interface DecisionQuestion {
  /** What would change: `endpoint:flights`. */
  readonly subject: string;
  /** `version:flights/4` */
  readonly candidate: string;
  /** The version that really serves; null: nobody does. */
  readonly champion: string | null;
  /** `dataset:flights-holdout@2` */
  readonly dataset: string;
  readonly meaning: PredictionMeaning;
  readonly columns: EvaluationColumns;
  readonly gate: Gate;
}

/** What it came to. */
export interface Ruling {
  readonly verdict: Verdict;
  /** One sentence. */
  readonly headline: string;
  /** Sentences with numbers, the weightiest first. */
  readonly reasons: readonly string[];
  readonly evidence: Evidence | null;
}

export interface Decision extends Omit<Ruling, 'verdict'> {
  readonly id: string;
  readonly kind: DecisionKind;
  readonly state: DecisionState;
  readonly verdict: Verdict | null;
  readonly subject: string;
  readonly candidate: string;
  readonly champion: string | null;
  /** Null for what was not computed, as are the next three. */
  readonly dataset: string | null;
  readonly meaning: PredictionMeaning | null;
  readonly columns: EvaluationColumns | null;
  readonly gate: Gate | null;
  /** What is being done, for a person. */
  readonly progress: string | null;
  readonly actor: string;
  readonly cause: string | null;
  /** Event `decision.made`; null until then. */
  readonly event: string | null;
  /** Milliseconds since the epoch, the server's clock. */
  readonly createdAt: number;
  readonly madeAt: number | null;
}

export function decisionRef({ id }: Pick<Decision, 'id'>): string {
  return `decision:${id}`;
}

/** The question of a computed decision; null for one that a person said. */
export function questionOf({ dataset, meaning, columns, gate, ...said }: Decision): DecisionQuestion | null {
  if (dataset === null || meaning === null || columns === null || gate === null) return null;
  const { subject, candidate, champion } = said;
  return { subject, candidate, champion, dataset, meaning, columns, gate };
}
