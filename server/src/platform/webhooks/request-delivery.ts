import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../events/event.store.ts';
import type { StoredEvent } from '../events/events.ts';
import { uuidv7 } from '../ids.ts';
import { requireWebhook, type WebhookChange } from './change-webhook.ts';
import { findDelivery, insertDelivery, writeNewRound } from './delivery.store.ts';
import { webhookErrors } from './errors.ts';
import { type Delivery, webhookRef } from './webhook.ts';

type Parts = Pick<Context, 'db' | 'clock' | 'jobs'>;

export const DELIVER = 'webhooks.deliver';

export interface DeliveryJob {
  readonly delivery: string;
  readonly round: number;
}

/** Puts an event on its way to a webhook, once; null: it is, or was. */
export async function requestDelivery(
  { clock, jobs }: Pick<Context, 'clock' | 'jobs'>,
  trx: Trx,
  { webhook, event }: { readonly webhook: string; readonly event: Pick<StoredEvent, 'id' | 'type'> },
): Promise<string | null> {
  const now = clock.now();
  const id = uuidv7(now);
  if (!(await insertDelivery(trx, { id, webhook, event, now }))) return null;
  await enqueue(jobs, trx, { delivery: id, round: 1 });
  return id;
}

/** Sends an event that says that it is a test. @throws WEBHOOKS_NOT_FOUND */
export async function requestTest(parts: Parts, { name, actor, cause }: WebhookChange): Promise<Delivery> {
  const webhook = await requireWebhook(parts, name);
  const id = await parts.db.transaction(async (trx) => {
    const type = 'webhook.tested';
    const event = { id: await appendEvent(trx, parts, { type, subject: webhookRef(name), actor, cause }), type };
    return requestDelivery(parts, trx, { webhook: webhook.id, event });
  });
  return requireDelivery(parts, { name, delivery: id ?? '' });
}

/** Sends once more, from now, whatever became of it. @throws WEBHOOKS_NOT_FOUND, WEBHOOKS_DELIVERY_NOT_FOUND */
export async function retryDelivery(
  parts: Parts,
  { name, delivery: id }: { readonly name: string; readonly delivery: string },
): Promise<Delivery> {
  const delivery = await requireDelivery(parts, { name, delivery: id });
  await parts.db.transaction(async (trx) => {
    if (!(await writeNewRound(trx, delivery, parts.clock.now()))) return;
    await enqueue(parts.jobs, trx, { delivery: id, round: delivery.round + 1 });
  });
  return requireDelivery(parts, { name, delivery: id });
}

async function requireDelivery(
  parts: Pick<Context, 'db'>,
  { name, delivery: id }: { readonly name: string; readonly delivery: string },
): Promise<Delivery> {
  const webhook = await requireWebhook(parts, name);
  const delivery = await findDelivery(parts.db.read, id);
  if (delivery?.webhook !== webhook.id) throw webhookErrors.DELIVERY_NOT_FOUND({ name, delivery: id });
  return delivery;
}

// A key of its own for each round: the job of the round before may be about to end.
async function enqueue(jobs: Context['jobs'], trx: Trx, { delivery, round }: DeliveryJob): Promise<void> {
  const payload: DeliveryJob = { delivery, round };
  await jobs.enqueue(trx, { kind: DELIVER, key: round === 1 ? delivery : `${delivery}:${round}`, payload });
}
