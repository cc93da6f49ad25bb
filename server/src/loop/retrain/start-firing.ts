import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { failpoint } from '../../platform/config/failpoint.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { uuidv7 } from '../../platform/ids.ts';
import type { Verdict } from './decide.ts';
import { insertFiring, noteFiring } from './firing.store.ts';
import { firingRef, policyActor, policyRef, type StoredPolicy } from './policy.ts';
import type { FiringFact, World } from './world.ts';

/** Kind of the background job that takes a firing to its end. */
export const FOLLOW_KIND = 'retrain.follow';

export interface Start {
  readonly stored: StoredPolicy;
  readonly verdict: Verdict;
  readonly world: World;
  readonly eventTime: number | null;
  /** Event or request that led to it. */
  readonly cause: string | null;
  /** Who asked; null: the policy itself. */
  readonly actor: string | null;
}

/** Starts a firing in the caller's transaction, which holds the lock of the endpoint. */
export async function startFiring(
  trx: Trx,
  { clock, jobs }: Pick<Context, 'clock' | 'jobs'>,
  { stored, verdict, world, eventTime, cause, actor }: Start,
): Promise<FiringFact> {
  failpoint('firing:fired:before');
  const { policy, version } = stored;
  const now = clock.now();
  const id = uuidv7(now);
  const by = actor ?? policyActor(policy.name);
  const number = await insertFiring(trx, {
    ...{ id, policy: policy.name, policy_version: version, endpoint: policy.endpoint, now },
    ...{ met: JSON.stringify(verdict.met), event_time: eventTime, matured_until: world.maturedUntil },
    ...{ actor: by, cause },
  });
  const event = await appendEvent(
    trx,
    { clock },
    {
      ...{ type: 'firing.started', subject: firingRef(id), actor: by, cause, eventTime: eventTime ?? now },
      data: {
        ...{ endpoint: policy.endpoint, policy: policy.name, policy_version: version, number, watermark: eventTime },
        ...{ because: verdict.met.map(({ text }) => text), alerts: verdict.met.flatMap(({ ref }) => ref ?? []) },
        of: policyRef(policy.name),
      },
    },
  );
  await noteFiring(trx, id, 'fired', { last_event: event });
  await jobs.enqueue(trx, { kind: FOLLOW_KIND, key: id, payload: { firing: id }, maxAttempts: 1_000_000 });
  return {
    ...{ id, policy: policy.name, number, eventTime },
    ...{ outcome: null, trainedUntil: null, base: null, version: null },
  };
}
