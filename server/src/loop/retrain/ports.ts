import type { Context } from '../../context.ts';
import type { Db } from '../../database.ts';
import type { RolloutChoice } from './policy.ts';

/** A prediction with its current label. */
export interface LabelledRow {
  /** `ID.k` */
  readonly id: string;
  readonly eventTime: number;
  readonly key: string | null;
  /** Names of `values`. */
  readonly columns: readonly string[];
  readonly values: readonly unknown[];
  readonly label: number | string | boolean;
}

export interface Because {
  readonly actor: string;
  readonly cause: string | null;
}

export interface JobView {
  readonly id: string;
  readonly state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly reason: string | null;
}

export interface DecisionView {
  readonly id: string;
  /** Null until it is made. */
  readonly verdict: 'promote' | 'keep' | 'invalid' | null;
  /** One sentence. */
  readonly headline: string | null;
}

export interface RolloutView {
  readonly id: string;
  /** What it came to; null while it is under way. */
  readonly end: 'promoted' | 'aborted' | 'undone' | null;
  readonly reason: string | null;
  /** What it is doing just now, for a person. */
  readonly progress: string | null;
}

export interface DecisionRequest extends Because {
  /** Asking again with the same key answers the same decision. */
  readonly key: string;
  readonly endpoint: string;
  readonly candidate: string;
  /** `version:flights/3`; null: nothing serves. */
  readonly champion: string | null;
  /** `dataset:flights-holdout@2` */
  readonly dataset: string;
  readonly columns: { readonly label: string; readonly eventTime: string | null; readonly key: string | null };
  /** Name of a gate; null: the default for what the endpoint predicts. */
  readonly gate: string | null;
}

export interface RolloutRequest extends Because {
  readonly key: string;
  readonly endpoint: string;
  readonly version: string;
  readonly decision: string;
  readonly plan: RolloutChoice | null;
}

/** What a firing asks of the stages before this one; `bind-ports.ts` binds their doors. */
export interface RetrainPorts {
  /** Captured rows of event times [from, until) with the labels that were known at a moment of the server's clock. */
  readLabelled(
    parts: Context,
    span: { readonly endpoint: string; readonly from: number; readonly until: number; readonly asOf: number },
  ): AsyncIterable<readonly LabelledRow[]>;
  /** Event time up to which an endpoint has told of; null: unknown. */
  watermarkOf(db: Db, endpoint: string): Promise<number | null>;
  /** Version with stable traffic and its registered model; undefined: there is no such endpoint. */
  findStable(db: Db, endpoint: string): Promise<{ version: string | null; model: string | null } | undefined>;
  /** The request that a declared job stands for, with this input; undefined: no such job is declared. */
  findJobRequest(db: Db, job: string, inputs: Readonly<Record<string, string>>): Promise<unknown>;
  /** The same key is the same job. */
  submitJob(parts: Context, given: Because & { readonly request: unknown; readonly key: string }): Promise<string>;
  findJob(db: Db, id: string): Promise<JobView | undefined>;
  /** The version of the model that a job logged; registering it again is the same version. */
  registerModel(
    parts: Context,
    given: Because & { readonly name: string; readonly job: string; readonly description: string },
  ): Promise<string>;
  requestDecision(parts: Context, request: DecisionRequest): Promise<DecisionView>;
  findDecision(db: Db, id: string): Promise<DecisionView | undefined>;
  startRollout(parts: Context, request: RolloutRequest): Promise<RolloutView>;
  findRollout(db: Db, id: string): Promise<RolloutView | undefined>;
}
