import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { recordCheck } from './check.store.ts';
import { factsOf, nameOccasion, withOpenFirings } from './check-policies.ts';
import { decide } from './decide.ts';
import { retrainErrors } from './errors.ts';
import { findFiring } from './firing.store.ts';
import type { Firing } from './firing.ts';
import { lockPolicy } from './lock-policy.ts';
import { startFiring } from './start-firing.ts';
import { readPushed, readWorld, writeWorld } from './world.store.ts';
import type { World } from './world.ts';

/**
 * Fires a policy because a person wants it: neither cooldown, budget nor a pause keeps it from it.
 * @throws RETRAIN_POLICY_NOT_FOUND, RETRAIN_CANNOT_FIRE
 */
export async function firePolicy(
  parts: Pick<Context, 'db' | 'clock' | 'jobs'>,
  given: {
    readonly name: string;
    readonly reason: string | null;
    readonly actor: string;
    readonly cause: string | null;
  },
): Promise<Firing> {
  const { name, reason, actor, cause } = given;
  const { verdict, id } = await parts.db.transaction(async (trx) => {
    const stored = await lockPolicy(parts, trx, name);
    const { endpoint, data } = stored.policy;
    const world = await asRowsSay(trx, endpoint, await readWorld(trx, endpoint));
    const moment = { occasion: { kind: 'manual', actor, reason } as const, eventTime: world.clock };
    const judged = decide(stored.policy, factsOf(stored, world, moment, await readPushed(trx, data.dataset)));
    const fact =
      judged.kind === 'fire'
        ? await startFiring(trx, parts, { stored, verdict: judged, world, eventTime: world.clock, cause, actor })
        : null;
    if (fact !== null) await writeWorld(trx, endpoint, { ...world, firings: [...world.firings, fact] });
    await recordCheck(trx, {
      ...{ policy: name, policyVersion: stored.version, verdict: judged, firing: fact?.id ?? null, cause },
      ...{ eventTime: world.clock, occasion: nameOccasion(moment.occasion), now: parts.clock.now() },
    });
    return { verdict: judged, id: fact?.id };
  });
  const firing = id === undefined ? undefined : await findFiring(parts.db.read, id);
  if (!firing) throw retrainErrors.CANNOT_FIRE({ name, reason: `${verdict.reasons.join('; ')}.` });
  return firing;
}

/** A person sees a firing that has just begun or ended, whose event is not read yet. */
async function asRowsSay(trx: Trx, endpoint: string, world: World): Promise<World> {
  const known = await withOpenFirings(trx, endpoint, world);
  const firings = await Promise.all(
    known.firings.map(async (fact) => {
      const row = fact.outcome === null ? await findFiring(trx, fact.id) : undefined;
      return row?.outcome == null ? fact : { ...fact, outcome: row.outcome };
    }),
  );
  return { ...known, firings };
}
