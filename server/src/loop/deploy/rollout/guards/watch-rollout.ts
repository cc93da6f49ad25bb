import type { ArmCounts } from '../../desired-state.schema.ts';
import { candidateShare, type Evidence, type GuardPlan, type Rollout } from '../rollout.ts';
import { errorGuard } from './error-guard.ts';
import {
  ABORT_ALPHA,
  type Arms,
  addCounts,
  faultsOf,
  type Guard,
  HOLD_ALPHA,
  noCounts,
  type Verdict,
} from './guard.ts';
import { latencyGuard } from './latency-guard.ts';
import { outageGuard } from './outage-guard.ts';
import { predictionGuard } from './prediction-guard.ts';

/** The guards of a plan. Those that abort share one chance of a false alarm, and so do those that hold. */
export function guardsOf(plan: GuardPlan): Guard<unknown>[] {
  const aborting = (plan.errors === null ? 0 : 3) + (plan.latency === null ? 0 : 1);
  const holding = (plan.refusals === null ? 0 : 1) + (plan.predictions === null ? 0 : 1);
  const [abort, hold] = [aborting / ABORT_ALPHA, holding / HOLD_ALPHA];
  const guards: Guard<unknown>[] = [];
  // A guard's own state type is nobody else's business: what it made it gets back.
  const add = <State>(guard: Guard<State>) => guards.push(guard as Guard<unknown>);
  if (plan.outage !== null) add(outageGuard(plan.outage));
  for (const fault of ['model', 'timeout', 'overload'] as const) {
    if (plan.errors !== null) add(errorGuard({ ...plan.errors, of: fault, bad: 'abort', threshold: abort }));
  }
  if (plan.latency !== null) add(latencyGuard({ ...plan.latency, threshold: abort }));
  if (plan.refusals !== null) add(errorGuard({ ...plan.refusals, of: 'client', bad: 'hold', threshold: hold }));
  if (plan.predictions !== null) add(predictionGuard({ ...plan.predictions, threshold: hold }));
  return guards;
}

/** Evidence at the beginning of a rollout. `history`: what the baseline answered before. */
export function beginEvidence({ guards }: Rollout['plan'], history: ArmCounts): Evidence {
  const states = guardsOf(guards).map((guard) => [guard.name, guard.begin(history)] as const);
  return {
    ...{
      requests: { canary: 0, baseline: 0 },
      faults: { canary: 0, baseline: 0 },
      answered: { canary: 0, baseline: 0 },
    },
    ...{ guards: Object.fromEntries(states), says: {} },
  };
}

/** The next step begins: what counts per step begins at 0, what counts over the rollout goes on. */
export function nextStep(evidence: Evidence, { guards: plan }: Rollout['plan']): Evidence {
  const outage = plan.outage === null ? {} : { outage: outageGuard(plan.outage).begin(noCounts) };
  return {
    ...evidence,
    ...{ requests: { canary: 0, baseline: 0 }, faults: { canary: 0, baseline: 0 } },
    guards: { ...evidence.guards, ...outage },
  };
}

/**
 * Adds what was counted since the last look, one entry per split that was in force. What the split of an earlier step
 * sent counts for the guards, but not for the requests that this step needs.
 */
export function lookAt(
  rollout: Pick<Rollout, 'plan' | 'evidence' | 'state' | 'step'>,
  news: readonly Arms[],
): Evidence {
  const { plan, evidence } = rollout;
  const guards = guardsOf(plan.guards);
  const states: Record<string, unknown> = { ...evidence.guards };
  for (const guard of guards) {
    let state = states[guard.name] ?? guard.begin(noCounts);
    for (const arms of news) state = guard.look(state, arms);
    states[guard.name] = state;
  }
  const current = news.filter(({ weight }) => Math.abs(weight * 100 - candidateShare(rollout)) < 0.005);
  const canary = current.reduce((sum, arms) => addCounts(sum, arms.canary), noCounts);
  const baseline = current.reduce((sum, arms) => addCounts(sum, arms.baseline), noCounts);
  const { requests, faults, answered } = evidence;
  const all = (arm: 'canary' | 'baseline') => news.reduce((sum, arms) => sum + arms[arm].requests, answered[arm]);
  return {
    requests: {
      canary: requests.canary + canary.requests,
      baseline: requests.baseline + baseline.requests,
    },
    faults: { canary: faults.canary + faultsOf(canary), baseline: faults.baseline + faultsOf(baseline) },
    answered: { canary: all('canary'), baseline: all('baseline') },
    guards: states,
    says: Object.fromEntries(guards.map((guard) => [guard.name, guard.verdict(states[guard.name]).says])),
  };
}

export interface GuardVerdict extends Verdict {
  readonly guard: string;
}

/** The worst that a guard says, those aside that a person overruled; null: none objects. */
export function objectionOf({
  plan,
  evidence,
  waived,
}: Pick<Rollout, 'plan' | 'evidence' | 'waived'>): GuardVerdict | null {
  const verdicts = guardsOf(plan.guards)
    .filter((guard) => !waived.includes(guard.name))
    .map((guard) => ({
      guard: guard.name,
      ...guard.verdict(evidence.guards[guard.name] ?? guard.begin(noCounts)),
    }));
  return (
    verdicts.find(({ verdict }) => verdict === 'abort') ?? verdicts.find(({ verdict }) => verdict === 'hold') ?? null
  );
}
