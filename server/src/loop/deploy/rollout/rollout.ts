import type { Traffic } from '../traffic.ts';

/**
 * `parity` (until a gateway has proved the candidate) → `canary` (percent by percent) → `promoting` (it answers
 * everything, and may still be taken back) → `promoted` (it holds stable traffic). `aborting` → `aborted`: nobody is
 * sent to it any more. `undone`: it was promoted, and the previous version took its place again.
 */
export type RolloutState = 'parity' | 'canary' | 'promoting' | 'promoted' | 'aborting' | 'aborted' | 'undone';

export const openStates: readonly RolloutState[] = ['parity', 'canary', 'promoting', 'aborting'];

const transitions: Readonly<Record<RolloutState, readonly RolloutState[]>> = {
  parity: ['canary', 'promoting', 'aborting'],
  canary: ['canary', 'promoting', 'aborting'],
  promoting: ['promoted', 'aborting'],
  promoted: ['undone'],
  aborting: ['aborted'],
  aborted: [],
  undone: [],
};

export function mayMove(from: RolloutState, to: RolloutState): boolean {
  return transitions[from].includes(to);
}

export function isOpen({ state }: Pick<Rollout, 'state'>): boolean {
  return openStates.includes(state);
}

export interface RolloutStep {
  /** Of the endpoint's requests; 100: it is watched so long before it holds stable traffic. */
  readonly percent: number;
  /** On the server's clock, since the gateways follow. */
  readonly minSeconds: number;
  /** That the candidate answered in this step. */
  readonly minRequests: number;
}

/** What ends or holds a rollout; null switches a guard off. */
export interface GuardPlan {
  /** Faults of the model, missed deadlines, overload: how many times the baseline's rate is tolerated. Aborts. */
  readonly errors: { readonly tolerate: number } | null;
  /** Requests that the candidate refuses: how many times the baseline's rate is tolerated. Holds. */
  readonly refusals: { readonly tolerate: number } | null;
  /** Answers slower than the baseline's 95th percentile, and than `floorMs`. Aborts. */
  readonly latency: { readonly tolerate: number; readonly floorMs: number } | null;
  /** Share of each tenth of the baseline's predictions, both ways. Holds; aborts when all predictions are the same. */
  readonly predictions: { readonly tolerate: number } | null;
  /** So many faults among the first 20 requests of a step abort at once. */
  readonly outage: { readonly faults: number } | null;
}

export interface RolloutPlan {
  /** By growing percent. */
  readonly steps: readonly RolloutStep[];
  readonly guards: GuardPlan;
  /** It aborts when it is not done after so long; null: it waits. */
  readonly maxSeconds: number | null;
}

export const defaultGuards: GuardPlan = {
  errors: { tolerate: 1.25 },
  refusals: { tolerate: 1.25 },
  latency: { tolerate: 2, floorMs: 10 },
  predictions: { tolerate: 3 },
  outage: { faults: 5 },
};

export const defaultRollout: RolloutPlan = {
  steps: [10, 50, 100].map((percent) => ({ percent, minSeconds: 60, minRequests: 200 })),
  guards: defaultGuards,
  maxSeconds: null,
};

/** What is wrong with a plan, for a person; null when nothing is. */
export function planProblem({ steps, maxSeconds }: RolloutPlan): string | null {
  if (steps.length === 0) return 'it has no step';
  for (const [at, { percent, minSeconds, minRequests }] of steps.entries()) {
    const isShare = percent > 0 && percent <= 100 && Math.abs(percent * 100 - Math.round(percent * 100)) < 1e-6;
    if (!isShare) return `step ${at + 1} has ${percent} %, which is no share from 0.01 to 100`;
    if (percent <= (steps[at - 1]?.percent ?? 0)) return `step ${at + 1} does not give more than the one before`;
    if (!(minSeconds >= 0 && minRequests >= 0)) return `step ${at + 1} lasts less than nothing`;
  }
  if (maxSeconds !== null && !(maxSeconds > 0)) return 'it may last no time at all';
  return null;
}

/** `requests` and `time` pass by themselves; `person` and `guard` end with a resume. */
export type HoldKind = 'time' | 'requests' | 'gateway' | 'guard' | 'person';

export interface Hold {
  readonly kind: HoldKind;
  /** `needs 130 more requests` */
  readonly text: string;
}

export interface Rollout {
  readonly id: string;
  readonly endpoint: string;
  /** Deployment id. */
  readonly candidate: string;
  /** `version:flights/4` */
  readonly version: string;
  /** Deployment that held stable traffic before; null: nobody did. */
  readonly previous: string | null;
  /** Id of the decision that it stands on. */
  readonly decision: string;
  readonly plan: RolloutPlan;
  readonly state: RolloutState;
  /** Index in the plan's steps; -1 before the first. */
  readonly step: number;
  /** The split without the candidate, to which an abort returns. */
  readonly before: Traffic;
  /** Why it does not go on now; null: it does. */
  readonly held: Hold | null;
  /** Guards that a person overruled. */
  readonly waived: readonly string[];
  readonly evidence: Evidence;
  /** Why it ended, or is ending, other than by its plan. */
  readonly reason: string | null;
  /** Grows with every change of the row: nobody writes over what he has not seen. */
  readonly revision: number;
  /** The event of its last transition. */
  readonly lastEvent: string;
  readonly actor: string;
  readonly createdAt: number;
  /** When this step or state began, the server's clock. */
  readonly enteredAt: number;
  readonly changedAt: number;
  /** When it stopped being open. */
  readonly endedAt: number | null;
}

/** Name of a guard → its state, as JSON. */
export type GuardStates = Readonly<Record<string, unknown>>;

/** What the guards have seen. */
export interface Evidence {
  /** Of this step. */
  readonly requests: { readonly canary: number; readonly baseline: number };
  readonly faults: { readonly canary: number; readonly baseline: number };
  /** Requests of all steps, since the candidate got its first one. */
  readonly answered: { readonly canary: number; readonly baseline: number };
  /** Since the rollout began. */
  readonly guards: GuardStates;
  /** What each guard says now, for a person. */
  readonly says: Readonly<Record<string, string>>;
}

export const noEvidence: Evidence = {
  requests: { canary: 0, baseline: 0 },
  faults: { canary: 0, baseline: 0 },
  answered: { canary: 0, baseline: 0 },
  guards: {},
  says: {},
};

/** `rollout:ID` */
export function rolloutRef({ id }: Pick<Rollout, 'id'>): string {
  return `rollout:${id}`;
}

/** Percent that the candidate shall have in this state; null: the state decides nothing about traffic. */
export function candidateShare({ state, step, plan }: Pick<Rollout, 'state' | 'step' | 'plan'>): number {
  if (state === 'canary') return plan.steps[step]?.percent ?? 0;
  return state === 'promoting' || state === 'promoted' ? 100 : 0;
}

/** The plan's step of 100 %, which is the time of promoting; null: none was declared. */
export function soakOf({ steps }: RolloutPlan): RolloutStep | null {
  const last = steps.at(-1);
  return last?.percent === 100 ? last : null;
}
