import type { DeploymentState } from '../deployment.ts';
import { objectionOf } from './guards/watch-rollout.ts';
import { type Hold, type Rollout, type RolloutState, type RolloutStep, soakOf } from './rollout.ts';

/** The candidate as one gateway sees it. */
export interface Sighting {
  readonly gateway: string;
  readonly state: 'absent' | 'preparing' | 'verifying' | 'ready' | 'failed';
  readonly reason: string | null;
  /** Percent that it really gets there. */
  readonly traffic: number;
}

/** What a move depends on, beside the rollout's row. */
export interface World {
  /** The server's clock. */
  readonly now: number;
  /** The candidate's row; null: it is gone. */
  readonly candidate: { readonly state: DeploymentState; readonly reason: string | null } | null;
  /** By the gateways that reported lately. */
  readonly sightings: readonly Sighting[];
}

/** What shall become of a rollout now: another state, a reason why it stays, or that nothing keeps it from staying. */
export type Move =
  | { readonly to: Exclude<RolloutState, 'parity' | 'undone'>; readonly step?: number; readonly reason?: string }
  | { readonly to: null; readonly held: Hold | null };

/** The whole policy of a rollout, as a function of what is known: time, rows and reports. */
export function decideMove(rollout: Rollout, world: World): Move {
  switch (rollout.state) {
    case 'parity':
      return tooLate(rollout, world) ?? decideParity(rollout, world);
    case 'canary':
    case 'promoting':
      return tooLate(rollout, world) ?? decideStep(rollout, world);
    case 'aborting':
      return decideAborting(world);
    default:
      return stay(null);
  }
}

function decideParity(rollout: Rollout, { candidate }: World): Move {
  const lost = lostReason(candidate);
  if (lost !== null) return abort(lost);
  if (rollout.held?.kind === 'person') return stay(rollout.held);
  if (candidate?.state !== 'ready') {
    return stay({ kind: 'gateway', text: `waits until a gateway has proved it: it is ${candidate?.state}` });
  }
  return begin(rollout, 0);
}

/** A step of 100 % is what promoting is; without a previous version there is nobody to compare with. */
function begin({ plan, previous }: Rollout, step: number): Move {
  const percent = plan.steps[step]?.percent ?? 100;
  return percent === 100 || previous === null ? { to: 'promoting', step } : { to: 'canary', step };
}

function decideStep(rollout: Rollout, world: World): Move {
  const lost = lostReason(world.candidate) ?? failedReason(world);
  if (lost !== null) return abort(lost);
  const objection = objectionOf(rollout);
  if (objection?.verdict === 'abort') return abort(objection.says);
  if (rollout.held?.kind === 'person') return stay(rollout.held);
  if (objection !== null) {
    const text = `${objection.says}; \`bucle rollouts resume\` overrules it, \`bucle rollouts abort\` ends it`;
    return stay({ kind: 'guard', text });
  }
  const step = stepOf(rollout);
  const waits = waitsFor(rollout, step, world);
  if (waits !== null) return stay(waits);
  return rollout.state === 'promoting' ? { to: 'promoted' } : begin(rollout, rollout.step + 1);
}

function stepOf({ state, step, plan }: Rollout): Pick<RolloutStep, 'percent' | 'minSeconds' | 'minRequests'> {
  if (state === 'promoting') return soakOf(plan) ?? { percent: 100, minSeconds: 0, minRequests: 0 };
  return plan.steps[step] ?? { percent: 100, minSeconds: 0, minRequests: 0 };
}

/** Silence is no consent: without reports it stays where it is. */
function waitsFor(
  { enteredAt, evidence }: Rollout,
  { percent, minSeconds, minRequests }: ReturnType<typeof stepOf>,
  { now, sightings }: World,
): Hold | null {
  if (sightings.length === 0) return { kind: 'gateway', text: 'no gateway has reported lately' };
  const behind = sightings.find(({ traffic }) => Math.abs(traffic - percent) > 0.005);
  if (behind) {
    return {
      kind: 'gateway',
      text: `gateway ${behind.gateway} gives it ${behind.traffic} %, and not yet ${percent} %`,
    };
  }
  const missing = minRequests - evidence.requests.canary;
  if (missing > 0) return { kind: 'requests', text: `needs ${missing} more requests at ${percent} %` };
  const left = enteredAt + minSeconds * 1_000 - now;
  if (left > 0) return { kind: 'time', text: `stays at ${percent} % for ${Math.ceil(left / 1_000)} more seconds` };
  return null;
}

function decideAborting({ sightings }: World): Move {
  const still = sightings.find(({ traffic }) => traffic > 0);
  if (!still) return { to: 'aborted' };
  return stay({ kind: 'gateway', text: `gateway ${still.gateway} still gives it ${still.traffic} %` });
}

function tooLate({ plan: { maxSeconds }, createdAt }: Rollout, { now }: World): Move | null {
  if (maxSeconds === null || now < createdAt + maxSeconds * 1_000) return null;
  return abort(`it was not done within the ${maxSeconds} seconds that its plan allows`);
}

function lostReason(candidate: World['candidate']): string | null {
  if (candidate === null) return 'the candidate is gone';
  if (candidate.state === 'retired') return 'the candidate was retired';
  if (candidate.state === 'failed') return `the candidate failed: ${candidate.reason ?? 'no reason was given'}`;
  return null;
}

function failedReason({ sightings }: World): string | null {
  const failed = sightings.find(({ state }) => state === 'failed');
  return failed ? `the candidate failed on gateway ${failed.gateway}: ${failed.reason ?? 'no reason was given'}` : null;
}

function abort(reason: string): Move {
  return { to: 'aborting', reason };
}

function stay(held: Hold | null): Move {
  return { to: null, held };
}
