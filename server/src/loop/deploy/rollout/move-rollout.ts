import type { Context } from '../../../context.ts';
import type { Trx } from '../../../database.ts';
import { appendEvent } from '../../../platform/events/event.store.ts';
import { applyTraffic, moveTraffic } from '../apply-traffic.ts';
import { findDeployment, listLiveDeployments } from '../deployment.store.ts';
import { findEndpoint } from '../endpoint.store.ts';
import { deployErrors } from '../errors.ts';
import { type Because, recordTransition } from '../record-transition.ts';
import { shiftTraffic, type Traffic } from '../traffic.ts';
import { nextStep } from './guards/watch-rollout.ts';
import { findOpenRollout, type RolloutChange, updateRollout } from './rollout.store.ts';
import { candidateShare, mayMove, type Rollout, type RolloutState, rolloutRef } from './rollout.ts';

type Parts = Pick<Context, 'clock'>;

export interface RolloutMove extends Because {
  readonly to: RolloutState;
  readonly step?: number;
  /** Why it ends other than by its plan. */
  readonly reason?: string;
  /** What else the row says from then on. */
  readonly change?: Omit<RolloutChange, 'now'>;
  readonly data?: Readonly<Record<string, unknown>>;
}

/**
 * One transition: the row, the traffic that goes with it, and its event. Under the endpoint's lock, in the caller's
 * transaction. @throws DEPLOY_STILL_BUSY when the row is not what was read
 */
export async function moveRollout(trx: Trx, parts: Parts, rollout: Rollout, move: RolloutMove): Promise<void> {
  const { to, reason, change = {}, data = {}, actor, cause } = move;
  if (!mayMove(rollout.state, to)) throw new Error(`A rollout does not go from ${rollout.state} to ${to}.`);
  const step = move.step ?? rollout.step;
  const moved: Rollout = { ...rollout, state: to, step };
  const event = await appendEvent(trx, parts, {
    type: to === 'canary' ? 'rollout.step' : `rollout.${to}`,
    subject: rolloutRef(rollout),
    ...{ actor, cause },
    data: {
      ...{ endpoint: rollout.endpoint, version: rollout.version, candidate: rollout.candidate },
      ...{ step, percent: candidateShare(moved), reason: reason ?? rollout.reason },
      ...{ requests: rollout.evidence.requests, faults: rollout.evidence.faults, says: rollout.evidence.says },
      ...data,
    },
  });
  const written = await updateRollout(trx, rollout, {
    ...{ state: to, step, lastEvent: event, held: null, evidence: nextStep(rollout.evidence, rollout.plan) },
    ...change,
    ...(reason === undefined ? {} : { reason }),
    now: parts.clock.now(),
  });
  if (!written) throw deployErrors.STILL_BUSY({ endpoint: rollout.endpoint });
  await moveItsTraffic(trx, parts, moved, { actor, cause: event });
}

/** Who has taken what part, now that the rollout is in this state. */
async function moveItsTraffic(trx: Trx, parts: Parts, rollout: Rollout, because: Because): Promise<void> {
  const endpoint = await findEndpoint(trx, rollout.endpoint);
  if (!endpoint) return;
  const decidedAt = parts.clock.now();
  const traffic = splitOf(rollout);
  if (rollout.state === 'promoted') {
    const { candidate: stable, decision, id } = rollout;
    // The decision was checked when the rollout began, and nobody else can have promoted since.
    const ground = { decision, isChecked: true, rollout: id };
    await moveTraffic(parts, trx, endpoint, { ...because, ...ground, traffic, stable, decidedAt });
    await retireOlder(trx, parts, rollout, because);
  } else if (!isSame(traffic, endpoint.traffic)) {
    const stable = rollout.state === 'undone' ? rollout.previous : endpoint.stable;
    await applyTraffic(parts, trx, endpoint, { ...because, traffic, stable, decidedAt });
  }
}

/** The split in each state. An abort returns to what was before. */
export function splitOf(rollout: Pick<Rollout, 'state' | 'step' | 'plan' | 'before' | 'candidate'>): Traffic {
  const share = candidateShare(rollout);
  if (share === 0) return rollout.before;
  return share === 100 ? { [rollout.candidate]: 100 } : shiftTraffic(rollout.before, rollout.candidate, share);
}

/** The version before stays warm for an undo; what is older than that is not needed any more. */
async function retireOlder(trx: Trx, parts: Parts, rollout: Rollout, because: Because): Promise<void> {
  for (const other of await listLiveDeployments(trx, rollout.endpoint)) {
    const isKept = other.id === rollout.candidate || other.id === rollout.previous;
    if (isKept || other.state !== 'ready' || other.lostTrafficAt === null || rollout.before[other.id] !== undefined) {
      continue;
    }
    await recordTransition(trx, parts, other, 'retired', { ...because, data: { why: 'replaced twice' } });
  }
}

/** An endpoint that is removed takes its open rollout with it. */
export async function endWithEndpoint(
  trx: Trx,
  parts: Parts,
  { endpoint, ...because }: Because & { readonly endpoint: string },
): Promise<void> {
  const open = await findOpenRollout(trx, endpoint);
  if (!open) return;
  const reason = 'the endpoint was removed';
  if (open.state !== 'aborting') await moveRollout(trx, parts, open, { ...because, to: 'aborting', reason });
  const aborting = await findOpenRollout(trx, endpoint);
  if (aborting) await moveRollout(trx, parts, aborting, { ...because, to: 'aborted' });
}

/** Whether a deployment can take over at once. */
export async function isWarm(trx: Trx, id: string): Promise<boolean> {
  return (await findDeployment(trx, id))?.state === 'ready';
}

function isSame(a: Traffic, b: Traffic): boolean {
  const ids = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...ids].every((id) => a[id] === b[id]);
}
