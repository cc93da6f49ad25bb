import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import type { Subscription } from '../events/events.ts';
import { requestDelivery } from './request-delivery.ts';
import { listWebhooks } from './webhook.store.ts';
import { isMeant } from './webhook.ts';

/** Every event that a webhook is meant to hear of becomes one delivery to it, however often it is told. */
export function webhookSubscription(parts: Pick<Context, 'db' | 'clock' | 'jobs'>): Subscription {
  return {
    name: 'webhooks',
    types: null,
    async choose(events) {
      if (events.length === 0) return events;
      const webhooks = await listWebhooks(parts.db.read);
      return events.filter((event) => webhooks.some((webhook) => isMeant(webhook, event)));
    },
    async handle(event, given) {
      const trx = given as unknown as Trx;
      for (const webhook of await listWebhooks(trx)) {
        if (isMeant(webhook, event)) await requestDelivery(parts, trx, { webhook: webhook.id, event });
      }
    },
  };
}
