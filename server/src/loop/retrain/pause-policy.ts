import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { retrainErrors } from './errors.ts';
import { listFirings } from './firing.store.ts';
import { lockPolicy } from './lock-policy.ts';
import { endPause, findPolicy, writePause } from './policy.store.ts';
import { policyRef, type StoredPolicy } from './policy.ts';

export interface Change {
  readonly name: string;
  readonly reason: string;
  readonly actor: string;
  readonly cause: string | null;
}

/** Stops a policy from firing by itself; what is under way goes on. Saying it again does no harm. @throws RETRAIN_POLICY_NOT_FOUND */
export async function pausePolicy(parts: Pick<Context, 'db' | 'clock'>, change: Change): Promise<void> {
  await parts.db.transaction(async (trx) => {
    const stored = await lockPolicy(parts, trx, change.name);
    if (stored.paused === null) await recordPause(trx, parts, stored, change);
  });
}

/** In the caller's transaction, which holds the lock of the endpoint. */
export async function recordPause(
  trx: Trx,
  { clock }: Pick<Context, 'clock'>,
  { policy }: Pick<StoredPolicy, 'policy'>,
  { reason, actor, cause }: Omit<Change, 'name'>,
): Promise<void> {
  await writePause(trx, policy.name, { reason, by: actor, at: clock.now() });
  const data = { endpoint: policy.endpoint, reason };
  await appendEvent(trx, { clock }, { type: 'policy.paused', subject: policyRef(policy.name), actor, cause, data });
}

/** Lets a paused policy fire again, and forgives the rejections so far. @throws RETRAIN_POLICY_NOT_FOUND, RETRAIN_NOT_PAUSED */
export async function resumePolicy(
  parts: Pick<Context, 'db' | 'clock'>,
  { name, actor, cause }: Omit<Change, 'reason'>,
): Promise<void> {
  await parts.db.transaction(async (trx) => {
    const { policy, paused } = await lockPolicy(parts, trx, name);
    if (paused === null) throw retrainErrors.NOT_PAUSED({ name });
    const [last] = await listFirings(trx, { policy: name, limit: 1 });
    await endPause(trx, name, last?.number ?? 0);
    const data = { endpoint: policy.endpoint, was: paused.reason };
    await appendEvent(trx, parts, { type: 'policy.resumed', subject: policyRef(name), actor, cause, data });
  });
}

/** @throws RETRAIN_POLICY_NOT_FOUND */
export async function requirePolicy({ db }: Pick<Context, 'db'>, name: string): Promise<StoredPolicy> {
  const stored = await findPolicy(db.read, name);
  if (!stored) throw retrainErrors.POLICY_NOT_FOUND({ name });
  return stored;
}
