import { timingSafeEqual } from 'node:crypto';
import type { Context } from '../../context.ts';
import { hashSecret } from '../../platform/auth/create-token.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { randomSecret } from '../../platform/ids.ts';
import { retrainErrors } from './errors.ts';
import { lockPolicy } from './lock-policy.ts';
import { findPolicy, writeWebhookSecret } from './policy.store.ts';
import { policyRef, type StoredPolicy } from './policy.ts';

/**
 * A new secret for the webhook of a policy; the one before is worth nothing from now on. It is shown this once.
 * @throws RETRAIN_POLICY_NOT_FOUND, RETRAIN_NO_WEBHOOK
 */
export async function renewWebhookSecret(
  parts: Pick<Context, 'db' | 'clock'>,
  { name, actor, cause }: { readonly name: string; readonly actor: string; readonly cause: string | null },
): Promise<string> {
  const secret = `bucle_hook_${randomSecret()}`;
  await parts.db.transaction(async (trx) => {
    const stored = await lockPolicy(parts, trx, name);
    if (!hasWebhook(stored)) throw retrainErrors.NO_WEBHOOK({ name });
    await writeWebhookSecret(trx, name, hashSecret(secret));
    await appendEvent(trx, parts, { type: 'policy.webhook_secret_renewed', subject: policyRef(name), actor, cause });
  });
  return secret;
}

/**
 * Takes a call from outside; whether the policy fires is decided a moment later, like for any other event. Answers
 * the id of the event. @throws RETRAIN_WEBHOOK_REFUSED, also for a policy that does not exist
 */
export async function receiveWebhook(
  parts: Pick<Context, 'db' | 'clock'>,
  { name, secret, cause }: { readonly name: string; readonly secret: string | undefined; readonly cause: string },
): Promise<string> {
  const stored = await findPolicy(parts.db.read, name);
  if (!stored || !hasWebhook(stored) || !isSecret(stored, secret)) throw retrainErrors.WEBHOOK_REFUSED({ name });
  const data = { endpoint: stored.policy.endpoint };
  return parts.db.transaction((trx) =>
    appendEvent(trx, parts, {
      type: 'policy.webhook',
      subject: policyRef(name),
      actor: `webhook:${name}`,
      cause,
      data,
    }),
  );
}

function hasWebhook({ policy }: StoredPolicy): boolean {
  return policy.triggers.some(({ kind }) => kind === 'webhook');
}

function isSecret({ webhookSecretHash: expected }: StoredPolicy, secret: string | undefined): boolean {
  if (expected === null || secret === undefined) return false;
  return timingSafeEqual(Buffer.from(hashSecret(secret)), Buffer.from(expected));
}
