import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { retrainErrors } from './errors.ts';
import { findPolicy } from './policy.store.ts';
import type { StoredPolicy } from './policy.ts';

/** Take it first in every transaction that decides about firings of an endpoint. */
export async function lockFirings({ db }: Pick<Context, 'db'>, trx: Trx, endpoint: string): Promise<void> {
  await db.lock(trx, `firings:${endpoint}`);
}

/** A policy under the lock of itself and of its endpoint's firings. @throws RETRAIN_POLICY_NOT_FOUND */
export async function lockPolicy(parts: Pick<Context, 'db'>, trx: Trx, name: string): Promise<StoredPolicy> {
  await parts.db.lock(trx, `policy:${name}`);
  const stored = await findPolicy(trx, name);
  if (!stored) throw retrainErrors.POLICY_NOT_FOUND({ name });
  await lockFirings(parts, trx, stored.policy.endpoint);
  return (await findPolicy(trx, name)) ?? stored;
}
