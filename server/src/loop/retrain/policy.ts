/** Every row of this server belongs to one workspace; there is one for now. */
export const WORKSPACE = 'default';

export const NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$';

export const DAY_MS = 86_400_000;
/** A budget is counted over so much event time. */
export const YEAR_MS = 365 * DAY_MS;

/** What may make a policy fire; a person may always. */
export type Trigger =
  | { readonly kind: 'schedule' /** Five fields, UTC, on the watermark of the endpoint. */; readonly cron: string }
  | { readonly kind: 'drift'; readonly signal: 'data' | 'prediction' }
  | { readonly kind: 'quality' }
  | {
      readonly kind: 'labels' /** Matured labelled rows that the stable version has not learnt from. */;
      readonly rows: number;
    }
  | { readonly kind: 'dataset' }
  | { readonly kind: 'webhook' };

export type TriggerKind = Trigger['kind'] | 'manual';

/** Where a firing takes its rows from. */
export type PolicyData =
  | {
      readonly from: 'captures';
      /** Its newest version pushed by people is what captured rows are added to. */
      readonly dataset: string;
      /** Of event time before the holdout: everything, or so many milliseconds. */
      readonly window: 'expanding' | number;
      /** Milliseconds of event time: the newest matured block, kept out of training for the gate. */
      readonly holdoutMs: number;
      /** Captured rows with a label that a firing needs to train on. */
      readonly minimumRows: number;
    }
  | {
      readonly from: 'dataset';
      readonly dataset: string;
      /** Dataset whose newest version the gate judges on. */
      readonly holdout: string;
    };

/** Steps of the rollout of a winner; null members: as the rollout's own default. */
export interface RolloutChoice {
  /** Percent, rising. */
  readonly steps: readonly number[];
  readonly minSeconds: number | null;
  readonly minRequests: number | null;
  readonly maxSeconds: number | null;
}

/** What a person writes. */
export interface Policy {
  readonly name: string;
  readonly endpoint: string;
  /** Registered model that gets the new versions; null: the one that the endpoint serves. */
  readonly model: string | null;
  /** Name of a declared job. */
  readonly job: string;
  /** Name of the job's input that gets the training data. */
  readonly input: string;
  readonly triggers: readonly Trigger[];
  readonly data: PolicyData;
  /** Milliseconds of event time after a firing in which nothing fires by itself. */
  readonly cooldownMs: number;
  readonly budget: { readonly firingsPerYear: number; readonly rejectionsInARow: number };
  /** Name of a declared gate; null: the default for what the endpoint predicts. */
  readonly gate: string | null;
  /** Null: the endpoint's own way. */
  readonly rollout: RolloutChoice | null;
}

/** Why a policy does nothing by itself. */
export interface Pause {
  readonly reason: string;
  readonly by: string;
  /** Milliseconds since the epoch, the server's clock. */
  readonly at: number;
}

/** A policy as it stands. */
export interface StoredPolicy {
  readonly policy: Policy;
  /** 1, 2, …: grows by one with each change. */
  readonly version: number;
  readonly paused: Pause | null;
  /** Rejections of firings up to this number are forgiven: somebody resumed the policy after them. */
  readonly forgivenUntil: number;
  readonly webhookSecretHash: string | null;
  readonly changedAt: number;
  readonly changedBy: string;
}

/** The name under which a policy acts; dataset versions, jobs and events carry it. */
export function policyActor(name: string): string {
  return `policy:${name}`;
}

export function policyRef(name: string): string {
  return `policy:${name}`;
}

export function firingRef(id: string): string {
  return `firing:${id}`;
}

/** The dataset that holds the blocks which were kept out of training. */
export function holdoutDataset({ data }: Pick<Policy, 'data'>): string {
  return data.from === 'dataset' ? data.holdout : `${data.dataset}-holdout`;
}

/** `2013-05-02`, or with minutes when it is not midnight. */
export function formatMoment(ms: number): string {
  const text = new Date(ms).toISOString();
  return text.endsWith('T00:00:00.000Z') ? text.slice(0, 10) : `${text.slice(0, 16).replace('T', ' ')} UTC`;
}
