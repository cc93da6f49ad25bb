import type { Context } from '../../context.ts';
import { appendEvent } from '../events/event.store.ts';
import { deleteDeliveries } from './delivery.store.ts';
import { webhookErrors } from './errors.ts';
import { deleteWebhook, findWebhook, writeActive } from './webhook.store.ts';
import { type Webhook, webhookRef } from './webhook.ts';

type Parts = Pick<Context, 'db' | 'clock'>;

export interface WebhookChange {
  readonly name: string;
  readonly actor: string;
  readonly cause: string;
}

/** @throws WEBHOOKS_NOT_FOUND */
export async function requireWebhook({ db }: Pick<Context, 'db'>, name: string): Promise<Webhook> {
  const webhook = await findWebhook(db.read, name);
  if (!webhook) throw webhookErrors.NOT_FOUND({ name });
  return webhook;
}

/** Takes a webhook away, with its secret and its deliveries. @throws WEBHOOKS_NOT_FOUND */
export async function removeWebhook(parts: Parts, { name, actor, cause }: WebhookChange): Promise<void> {
  const { id } = await requireWebhook(parts, name);
  await parts.db.transaction(async (trx) => {
    if (!(await deleteWebhook(trx, id))) throw webhookErrors.NOT_FOUND({ name });
    await deleteDeliveries(trx, id);
    await appendEvent(trx, parts, { type: 'webhook.removed', subject: webhookRef(name), actor, cause });
  });
}

/** Switches a webhook off or on; what happens while it is off is not told later. @throws WEBHOOKS_NOT_FOUND */
export async function switchWebhook(
  parts: Parts,
  { name, active, actor, cause }: WebhookChange & { readonly active: boolean },
): Promise<Webhook> {
  const { id } = await requireWebhook(parts, name);
  await parts.db.transaction(async (trx) => {
    if (!(await writeActive(trx, id, active))) return;
    const type = active ? 'webhook.resumed' : 'webhook.paused';
    await appendEvent(trx, parts, { type, subject: webhookRef(name), actor, cause });
  });
  return requireWebhook(parts, name);
}
