import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import type { StoredEvent } from '../../platform/events/events.ts';
import { recordCheck } from './check.store.ts';
import { decide } from './decide.ts';
import { listFirings } from './firing.store.ts';
import { lockFirings } from './lock-policy.ts';
import { dueMoments, type Moment, momentsOf } from './moments.ts';
import { recordPause } from './pause-policy.ts';
import { findPolicy, listPolicies } from './policy.store.ts';
import { policyActor, type StoredPolicy } from './policy.ts';
import { passSchedules } from './schedules-passed.ts';
import { startFiring } from './start-firing.ts';
import type { Occasion } from './triggers.ts';
import { readPushed, readWorld, writePushed, writeWorld } from './world.store.ts';
import { applyEvent, endpointOf, type FiringFact, type Pushed, pushedBy, type World } from './world.ts';

type Parts = Pick<Context, 'db' | 'clock' | 'jobs'>;

/**
 * Takes an event into what policies know, and looks at each policy that it may concern. Runs in the transaction that
 * moves the cursor of the subscription: an event is decided about once, whatever dies.
 */
export async function checkPolicies(parts: Parts, event: StoredEvent, trx: Trx): Promise<void> {
  const pushed = pushedBy(event);
  if (pushed !== null) await writePushed(trx, pushed.dataset, pushed);
  const concerned =
    pushed === null ? await policiesOf(trx, event) : await listPolicies(trx, { dataset: pushed.dataset });
  const endpoint = endpointOf(event);
  const endpoints = new Set(concerned.map(({ policy }) => policy.endpoint));
  if (endpoint !== null) endpoints.add(endpoint);
  for (const name of [...endpoints].sort()) {
    await checkEndpoint(parts, trx, { endpoint: name, event, policies: concerned });
  }
}

async function policiesOf(trx: Trx, event: StoredEvent): Promise<StoredPolicy[]> {
  if (event.type === 'policy.webhook') {
    const stored = await findPolicy(trx, event.subject.slice('policy:'.length));
    return stored ? [stored] : [];
  }
  const endpoint = endpointOf(event);
  return endpoint === null ? [] : listPolicies(trx, { endpoint });
}

async function checkEndpoint(
  parts: Parts,
  trx: Trx,
  given: { readonly endpoint: string; readonly event: StoredEvent; readonly policies: readonly StoredPolicy[] },
): Promise<void> {
  const { endpoint, event } = given;
  await lockFirings(parts, trx, endpoint);
  const before = await readWorld(trx, endpoint);
  const after = applyEvent(before, event);
  let world = after;
  for (const { policy } of given.policies.filter((one) => one.policy.endpoint === endpoint)) {
    for (const moment of momentsOf(policy, before, after, event)) {
      world = await checkMoment(parts, trx, { name: policy.name, world, moment, cause: event.id });
    }
  }
  await writeWorld(trx, endpoint, passSchedules(world, after.clock));
}

/** Looks at schedules as soon as captured event times pass them, without waiting for a window to close. */
export async function checkSchedules(
  parts: Parts,
  trx: Trx,
  given: { readonly endpoint: string; readonly watermark: number; readonly cause: string },
): Promise<void> {
  const { endpoint, watermark, cause } = given;
  const policies = await listPolicies(trx, { endpoint });
  const scheduled = policies.filter(({ policy }) => policy.triggers.some(({ kind }) => kind === 'schedule'));
  if (scheduled.length === 0) return;
  await lockFirings(parts, trx, endpoint);
  const before = await readWorld(trx, endpoint);
  let world = before;
  for (const { policy } of scheduled) {
    for (const moment of dueMoments(policy, before, watermark)) {
      world = await checkMoment(parts, trx, { name: policy.name, world, moment, cause });
    }
  }
  await writeWorld(trx, endpoint, passSchedules(world, watermark));
}

async function checkMoment(
  parts: Parts,
  trx: Trx,
  { name, world, moment, cause }: { name: string; world: World; moment: Moment; cause: string },
): Promise<World> {
  // An earlier moment of the same event may have paused it.
  const stored = await findPolicy(trx, name);
  if (!stored) return world;
  const known = await withOpenFirings(trx, stored.policy.endpoint, world);
  const verdict = decide(
    stored.policy,
    factsOf(stored, known, moment, await readPushed(trx, stored.policy.data.dataset)),
  );
  const { eventTime } = moment;
  const fact =
    verdict.kind === 'fire'
      ? await startFiring(trx, parts, { stored, verdict, world, eventTime, cause, actor: null })
      : null;
  if (verdict.kind === 'pause') {
    const reason = verdict.reasons.join('; ');
    await recordPause(trx, parts, stored, { reason, actor: policyActor(name), cause });
  }
  await recordCheck(trx, {
    ...{ policy: name, policyVersion: stored.version, verdict, firing: fact?.id ?? null, eventTime, cause },
    ...{ occasion: nameOccasion(moment.occasion), now: parts.clock.now() },
  });
  return fact === null ? world : { ...world, firings: [...world.firings, fact] };
}

export function factsOf(stored: StoredPolicy, world: World, { occasion, eventTime }: Moment, pushed: Pushed | null) {
  const { paused, forgivenUntil } = stored;
  return { occasion, eventTime, world, pushed, pausedBecause: paused?.reason ?? null, forgivenUntil };
}

/** Firings that somebody started a moment ago are rows before their events are read. */
export async function withOpenFirings(trx: Trx, endpoint: string, world: World): Promise<World> {
  const open = await listFirings(trx, { endpoint, open: true, limit: 10 });
  const unknown = open.filter(({ id }) => !world.firings.some((one) => one.id === id));
  if (unknown.length === 0) return world;
  const facts = unknown.map(
    ({ id, policy, number, eventTime }): FiringFact => ({
      ...{ id, policy, number, eventTime, outcome: null, trainedUntil: null, base: null, version: null },
    }),
  );
  return { ...world, firings: [...world.firings, ...facts.reverse()] };
}

export function nameOccasion(occasion: Occasion): string {
  switch (occasion.kind) {
    case 'event':
      return `${occasion.type} ${occasion.subject}`;
    case 'schedule':
      return 'schedule';
    case 'webhook':
      return 'webhook';
    case 'manual':
      return `manual ${occasion.actor}`;
  }
}
