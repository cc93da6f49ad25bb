import type { Context } from '../../../context.ts';
import type { Trx } from '../../../database.ts';
import { failpoint } from '../../../platform/config/failpoint.ts';
import { appendEvent } from '../../../platform/events/event.store.ts';
import { recordOverride } from '../../evaluate/index.ts';
import { findDeployment } from '../deployment.store.ts';
import { versionRef } from '../deployment.ts';
import { refreshDesiredState } from '../desired-state.ts';
import { findEndpoint } from '../endpoint.store.ts';
import { endpointRef } from '../endpoint.ts';
import { deployErrors } from '../errors.ts';
import { lockEndpoint } from '../lock-endpoint.ts';
import { recordPromotion } from '../promotion.ts';
import type { Because } from '../record-transition.ts';
import { objectionOf } from './guards/watch-rollout.ts';
import { isWarm, moveRollout } from './move-rollout.ts';
import { findRollout, type RolloutChange, updateRollout } from './rollout.store.ts';
import { isOpen, type Rollout, rolloutRef } from './rollout.ts';

type Parts = Pick<Context, 'db' | 'clock'>;

export interface RolloutAct extends Because {
  readonly rollout: string;
}

/**
 * Takes all requests from the candidate, at once; again changes nothing. What was promoted is undone instead.
 * @throws DEPLOY_ROLLOUT_NOT_FOUND, DEPLOY_ROLLOUT_OVER
 */
export async function abortRollout(parts: Parts, act: RolloutAct & { readonly reason: string }): Promise<Rollout> {
  return actOn(parts, act, async (trx, rollout) => {
    if (rollout.state === 'aborting' || rollout.state === 'aborted') return;
    requireOpen(rollout, 'be aborted');
    const { reason, actor, cause } = act;
    await moveRollout(trx, parts, rollout, { to: 'aborting', reason, actor, cause });
  });
}

/**
 * The way back at any time: an open rollout is aborted; after its promotion the previous version, which is still warm,
 * answers everything again and holds stable traffic, by an override with this reason.
 * @throws DEPLOY_ROLLOUT_NOT_FOUND, DEPLOY_CANNOT_UNDO
 */
export async function undoRollout(parts: Parts, act: RolloutAct & { readonly reason: string }): Promise<Rollout> {
  const known = await findRollout(parts.db.read, act.rollout);
  if (known && isOpen(known)) return abortRollout(parts, act);
  return actOn(parts, act, async (trx, rollout) => {
    if (rollout.state === 'undone' || rollout.state === 'aborted') return;
    await undoPromotion(trx, parts, rollout, act);
  });
}

async function undoPromotion(
  trx: Trx,
  parts: Parts,
  rollout: Rollout,
  { reason, actor, cause }: RolloutAct & { readonly reason: string },
): Promise<void> {
  const { id, endpoint: name, candidate, version, previous } = rollout;
  const endpoint = await findEndpoint(trx, name);
  const former = previous === null ? undefined : await findDeployment(trx, previous);
  const refuse = (problem: string, hint: string) => deployErrors.CANNOT_UNDO({ rollout: id, problem, hint });
  if (!endpoint) throw refuse('the endpoint was removed', 'Deploy the version again.');
  if (endpoint.stable !== candidate) {
    throw refuse(
      'its version does not hold stable traffic any more',
      `\`bucle endpoints show ${name}\` tells what does.`,
    );
  }
  if (!former)
    throw refuse('there was no version before it', `\`bucle endpoints traffic ${name}\` moves traffic by hand.`);
  if (!(await isWarm(trx, former.id))) {
    const short = versionRef(former.version).replace(/^version:/, '');
    throw refuse(
      `the previous version is ${former.state}`,
      `Deploy it again: \`bucle endpoints deploy ${name} ${short} --traffic 100 --reason TEXT\`.`,
    );
  }
  const subject = endpointRef(name);
  const record = { subject, candidate: versionRef(former.version), champion: version, reason, actor, cause };
  const decision = await recordOverride(trx, parts, record);
  // What nobody serves beside it any more cannot be part of the split.
  const before = await warmOnly(trx, rollout, former.id);
  await moveRollout(
    trx,
    parts,
    { ...rollout, before },
    { to: 'undone', reason, actor, cause, data: { decision: decision.id } },
  );
  await recordPromotion(trx, parts, { endpoint, to: former, decision: decision.id, rollout: id, actor, cause });
}

/** The split of before, if all in it are still warm, else the previous version alone. */
async function warmOnly(trx: Trx, { before }: Rollout, previous: string): Promise<Rollout['before']> {
  for (const id of Object.keys(before)) if (!(await isWarm(trx, id))) return { [previous]: 100 };
  return before;
}

/**
 * Goes to 100 % past the steps and guards that are left, by an override with this reason.
 * @throws DEPLOY_ROLLOUT_NOT_FOUND, DEPLOY_ROLLOUT_OVER, DEPLOY_ROLLOUT_NOT_READY
 */
export async function promoteRollout(parts: Parts, act: RolloutAct & { readonly reason: string }): Promise<Rollout> {
  return actOn(parts, act, async (trx, rollout) => {
    const { reason, actor, cause } = act;
    if (rollout.state === 'promoted') return;
    if (rollout.state === 'aborting') throw over(rollout, 'be promoted');
    requireOpen(rollout, 'be promoted');
    if (!(await isWarm(trx, rollout.candidate))) {
      const candidate = await findDeployment(trx, rollout.candidate);
      throw deployErrors.ROLLOUT_NOT_READY({ rollout: rollout.id, reason: candidate?.state ?? 'it is gone' });
    }
    const endpoint = await findEndpoint(trx, rollout.endpoint);
    const stable = endpoint?.stable ? await findDeployment(trx, endpoint.stable) : undefined;
    const subject = endpointRef(rollout.endpoint);
    const champion = stable ? versionRef(stable.version) : null;
    const record = { subject, candidate: rollout.version, champion, reason, actor, cause };
    const { id: decision } = await recordOverride(trx, parts, record);
    // Guards, seconds and requests are what the reason overrules; that gateways follow is not.
    const plan = { ...rollout.plan, steps: rollout.plan.steps.filter(({ percent }) => percent < 100) };
    const forced = {
      ...plan,
      guards: { errors: null, refusals: null, latency: null, predictions: null, outage: null },
    };
    const forcing = { plan: forced, decision, held: null };
    if (rollout.state === 'promoting') {
      await change(trx, rollout, { ...forcing, now: parts.clock.now() });
      return;
    }
    await moveRollout(trx, parts, rollout, {
      to: 'promoting',
      change: forcing,
      actor,
      cause,
      data: { decision, forced: reason },
    });
  });
}

/** Stops it where it is until somebody resumes it. @throws DEPLOY_ROLLOUT_NOT_FOUND, DEPLOY_ROLLOUT_OVER */
export async function holdRollout(parts: Parts, act: RolloutAct & { readonly reason: string }): Promise<Rollout> {
  return actOn(parts, act, async (trx, rollout) => {
    requireOpen(rollout, 'be held');
    if (rollout.state === 'aborting') throw over(rollout, 'be held');
    const held = { kind: 'person' as const, text: `held by ${act.actor}: ${act.reason}` };
    await tell(trx, parts, rollout, { type: 'rollout.held', act, data: { held: held.text, kind: held.kind } });
    await change(trx, rollout, { held, now: parts.clock.now() });
  });
}

/**
 * Lets it go on; a guard that holds it is overruled for the rest of it.
 * @throws DEPLOY_ROLLOUT_NOT_FOUND, DEPLOY_ROLLOUT_OVER
 */
export async function resumeRollout(parts: Parts, act: RolloutAct & { readonly reason: string }): Promise<Rollout> {
  return actOn(parts, act, async (trx, rollout) => {
    requireOpen(rollout, 'be resumed');
    const objection = objectionOf(rollout);
    const waived = objection?.verdict === 'hold' ? [...rollout.waived, objection.guard] : rollout.waived;
    const data = { reason: act.reason, waived: objection?.verdict === 'hold' ? objection.guard : null };
    await tell(trx, parts, rollout, { type: 'rollout.resumed', act, data });
    await change(trx, rollout, { held: null, waived, now: parts.clock.now() });
  });
}

/** One act of a person, in one transaction. */
async function actOn(
  parts: Parts,
  { rollout: id }: RolloutAct,
  work: (trx: Trx, rollout: Rollout) => Promise<void>,
): Promise<Rollout> {
  const known = await findRollout(parts.db.read, id);
  if (!known) throw deployErrors.ROLLOUT_NOT_FOUND({ rollout: id });
  failpoint('rollout:act:before');
  const acted = await parts.db.transaction(async (trx) => {
    await lockEndpoint(parts, trx, known.endpoint);
    // The controller moves it under the same lock, so that this is the last word.
    const rollout = await findRollout(trx, id);
    if (!rollout) throw deployErrors.ROLLOUT_NOT_FOUND({ rollout: id });
    await work(trx, rollout);
    await refreshDesiredState(parts, trx);
    return (await findRollout(trx, id)) ?? rollout;
  });
  failpoint('rollout:act:after');
  return acted;
}

async function change(trx: Trx, rollout: Rollout, given: RolloutChange): Promise<void> {
  if (!(await updateRollout(trx, rollout, given))) throw deployErrors.STILL_BUSY({ endpoint: rollout.endpoint });
}

async function tell(
  trx: Trx,
  parts: Parts,
  rollout: Rollout,
  { type, act, data }: { type: string; act: RolloutAct; data: Readonly<Record<string, unknown>> },
): Promise<void> {
  const { actor, cause } = act;
  const event = { type, subject: rolloutRef(rollout), actor, cause };
  await appendEvent(trx, parts, { ...event, data: { endpoint: rollout.endpoint, ...data } });
}

function requireOpen(rollout: Rollout, act: string): void {
  if (!isOpen(rollout)) throw over(rollout, act);
}

function over({ id, state }: Rollout, act: string) {
  return deployErrors.ROLLOUT_OVER({ rollout: id, act, state });
}
