import type { Context } from '../../../context.ts';
import type { Trx } from '../../../database.ts';
import { failpoint } from '../../../platform/config/failpoint.ts';
import { appendEvent } from '../../../platform/events/event.store.ts';
import type { JobHandler, JobOutcome, JobRun } from '../../../platform/jobs/jobs.ts';
import { findDeployment } from '../deployment.store.ts';
import { refreshDesiredState } from '../desired-state.ts';
import { liveGateways } from '../gateway.ts';
import { lockEndpoint } from '../lock-endpoint.ts';
import { countSince, historyOf } from './count-since.ts';
import { listCounters } from './counters.store.ts';
import { decideMove, type Move, type World } from './decide-move.ts';
import { beginEvidence, lookAt } from './guards/watch-rollout.ts';
import { moveRollout } from './move-rollout.ts';
import { findRollout, readSeenCounters, updateRollout } from './rollout.store.ts';
import { type Hold, isOpen, type Rollout, rolloutRef } from './rollout.ts';
import { ROLLOUT_KIND } from './start-rollout.ts';

type Parts = Pick<Context, 'db' | 'clock' | 'config' | 'log'>;

/** How often an open rollout is looked at. */
const LOOK_MS = 400;

/** Drives rollouts by what their rows and the gateways' reports say; any turn may be killed and repeated. */
export function rolloutJob(parts: Parts): JobHandler {
  return { kind: ROLLOUT_KIND, concurrency: 4, handle: (run) => turn(parts, run) };
}

async function turn(parts: Parts, run: JobRun): Promise<JobOutcome> {
  const { rollout: id } = run.job.payload as { rollout: string };
  const rollout = await findRollout(parts.db.read, id);
  if (!rollout || !isOpen(rollout)) return undefined;
  await stepRollout(parts, id, (trx) => run.fence(trx));
  return { again: parts.clock.now() + LOOK_MS };
}

/** One turn: takes in what was counted, and moves at most one state on. */
export async function stepRollout(parts: Parts, id: string, fence: (trx: Trx) => Promise<void>): Promise<void> {
  const looked = await look(parts, id, fence);
  if (!looked || !isOpen(looked)) return;
  const world = await worldOf(parts, looked);
  const move = decideMove(looked, world);
  if (move.to === null) await hold(parts, looked, { held: move.held, fence });
  else await commitMove(parts, looked, { move, fence });
}

/** Adds what gateways counted since the last look; what was added, and up to where, is one change of the row. */
async function look(parts: Parts, id: string, fence: (trx: Trx) => Promise<void>): Promise<Rollout | undefined> {
  const rollout = await findRollout(parts.db.read, id);
  if (rollout?.state !== 'canary' && rollout?.state !== 'promoting') return rollout;
  const [cells, seen] = [
    await listCounters(parts.db.read, rollout.endpoint),
    await readSeenCounters(parts.db.read, id),
  ];
  const news = countSince(rollout, cells, seen);
  if (news.arms.length === 0) return rollout;
  const evidence = lookAt(rollout, news.arms);
  failpoint('rollout:look:before');
  await parts.db.transaction(async (trx) => {
    await lockEndpoint(parts, trx, rollout.endpoint);
    await fence(trx);
    await updateRollout(trx, rollout, { evidence, seen: news.seen, now: parts.clock.now() });
  });
  failpoint('rollout:look:after');
  return findRollout(parts.db.read, id);
}

async function worldOf(parts: Parts, rollout: Rollout): Promise<World> {
  const deployment = await findDeployment(parts.db.read, rollout.candidate);
  const { gateways } = await liveGateways(parts);
  return {
    now: parts.clock.now(),
    candidate: deployment ? { state: deployment.state, reason: deployment.failure?.reason ?? null } : null,
    sightings: gateways.map(({ id: gateway, observations }) => {
      const seen = observations.find((one) => one.deployment === rollout.candidate);
      if (!seen) return { gateway, state: 'absent', reason: null, traffic: 0 };
      return { gateway, state: seen.state, reason: seen.reason, traffic: seen.traffic };
    }),
  };
}

interface Turn {
  readonly fence: (trx: Trx) => Promise<void>;
}

async function commitMove(
  parts: Parts,
  rollout: Rollout,
  { move, fence }: Turn & { readonly move: Extract<Move, { to: string }> },
): Promise<void> {
  const { to, step, reason } = move;
  // What was counted before the first step is history: thresholds are learned from it, and no evidence is.
  const cells = rollout.state === 'parity' ? await listCounters(parts.db.read, rollout.endpoint) : null;
  const begin = cells && {
    evidence: beginEvidence(rollout.plan, historyOf(rollout, cells)),
    seen: Object.fromEntries(cells.map(({ key, counts }) => [key, counts])),
  };
  failpoint(`rollout:${to}:before`);
  await parts.db.transaction(async (trx) => {
    await lockEndpoint(parts, trx, rollout.endpoint);
    await fence(trx);
    // Somebody's act may have come between: then this move is not made, and the next look sees it.
    if ((await findRollout(trx, rollout.id))?.revision !== rollout.revision) return;
    await moveRollout(trx, parts, rollout, {
      ...{ to, actor: 'rollout', cause: rollout.lastEvent },
      ...(step === undefined ? {} : { step }),
      ...(reason === undefined ? {} : { reason }),
      ...(begin ? { change: begin } : {}),
    });
    await refreshDesiredState(parts, trx);
  });
  failpoint(`rollout:${to}:after`);
  parts.log.info({ rollout: rollout.id, from: rollout.state, to, step, reason }, 'a rollout moved');
}

/** Notes why it stays. A new kind of reason is an event; that a number in it became smaller is none. */
async function hold(
  parts: Parts,
  rollout: Rollout,
  { held, fence }: Turn & { readonly held: Hold | null },
): Promise<void> {
  const before = rollout.held;
  if (before?.kind === held?.kind && before?.text === held?.text) return;
  const isNews = held !== null && held.kind !== 'time' && held.kind !== before?.kind;
  await parts.db.transaction(async (trx) => {
    await lockEndpoint(parts, trx, rollout.endpoint);
    await fence(trx);
    if (!(await updateRollout(trx, rollout, { held, now: parts.clock.now() })) || !isNews) return;
    await appendEvent(trx, parts, {
      ...{ type: 'rollout.held', subject: rolloutRef(rollout), actor: 'rollout', cause: rollout.lastEvent },
      data: { endpoint: rollout.endpoint, step: rollout.step, kind: held.kind, held: held.text },
    });
  });
}
