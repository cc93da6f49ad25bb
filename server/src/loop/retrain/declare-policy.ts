import type { Context } from '../../context.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { type PolicyDeclaration, readPolicy } from './policy.schema.ts';
import { deletePolicy, findPolicy, writePolicy } from './policy.store.ts';
import { type Policy, policyRef } from './policy.ts';

export interface DeclarePolicy {
  readonly name: string;
  readonly declaration: PolicyDeclaration;
  readonly actor: string;
  /** Event or request that led to it. */
  readonly cause: string | null;
}

/** Makes or changes a policy: each change is a version of its own, the same again changes nothing. @throws RETRAIN_INVALID_POLICY */
export async function declarePolicy(
  parts: Pick<Context, 'db' | 'clock'>,
  { name, declaration, actor, cause }: DeclarePolicy,
): Promise<{ readonly changed: boolean; readonly version: number }> {
  const policy = readPolicy(name, declaration);
  return parts.db.transaction(async (trx) => {
    await parts.db.lock(trx, policyRef(name));
    const present = await findPolicy(trx, name);
    if (present && isSamePolicy(present.policy, policy)) return { changed: false, version: present.version };
    const version = await writePolicy(trx, policy, { actor, cause, now: parts.clock.now() });
    const data = { endpoint: policy.endpoint, version, triggers: policy.triggers.map(({ kind }) => kind) };
    await appendEvent(trx, parts, { type: 'policy.declared', subject: policyRef(name), actor, cause, data });
    return { changed: true, version };
  });
}

/** Ends a policy; its versions, checks and firings stay, and what is under way goes on. False when there was none. */
export async function removePolicy(
  parts: Pick<Context, 'db' | 'clock'>,
  { name, actor, cause }: Omit<DeclarePolicy, 'declaration'>,
): Promise<boolean> {
  return parts.db.transaction(async (trx) => {
    await parts.db.lock(trx, policyRef(name));
    if (!(await deletePolicy(trx, name, { actor, cause, now: parts.clock.now() }))) return false;
    await appendEvent(trx, parts, { type: 'policy.removed', subject: policyRef(name), actor, cause });
    return true;
  });
}

// Both were made by `readPolicy`, which writes their members in one order.
function isSamePolicy(a: Policy, b: Policy): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
