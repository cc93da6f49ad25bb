import type { Context } from '../../context.ts';
import { appendEvent } from '../events/event.store.ts';
import { uuidv7 } from '../ids.ts';
import { checkTarget } from './check-target.ts';
import { findEvent } from './delivery.store.ts';
import { webhookErrors } from './errors.ts';
import type { Network } from './network.ts';
import { makeSecret } from './sign-message.ts';
import { insertWebhook } from './webhook.store.ts';
import { type Webhook, webhookRef } from './webhook.ts';

export interface NewWebhook {
  readonly name: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly actor: string;
  readonly cause: string;
}

/**
 * Makes a webhook for the events from now on; its secret is returned this once.
 * @throws WEBHOOKS_EXISTS, WEBHOOKS_URL_INVALID, WEBHOOKS_HOST_UNKNOWN, WEBHOOKS_ADDRESS_REFUSED, WEBHOOKS_HTTPS_NEEDED
 */
export async function createWebhook(
  parts: Pick<Context, 'db' | 'clock' | 'config'>,
  { name, url, events, actor, cause }: NewWebhook,
  { resolve }: Pick<Network, 'resolve'>,
): Promise<Webhook & { readonly secret: string }> {
  const target = await checkTarget(url, { allow: parts.config.webhookAllow, resolve });
  const now = parts.clock.now();
  const secret = makeSecret();
  return parts.db.transaction(async (trx) => {
    // The whole address is often a secret by itself, and events are for every reader.
    const data = { host: target.url.host, events };
    const created = await appendEvent(trx, parts, {
      ...{ type: 'webhook.created', subject: webhookRef(name), actor, cause, data },
    });
    const afterSeq = (await findEvent(trx, created))?.seq ?? 0;
    const webhook = {
      ...{ id: uuidv7(now), name, url: target.url.href, events: [...new Set(events)], secret },
      ...{ active: true, afterSeq, createdAt: now, createdBy: actor },
    };
    if (!(await insertWebhook(trx, webhook))) throw webhookErrors.EXISTS({ name });
    return webhook;
  });
}
