import { randomUUID } from 'node:crypto';
import type { Context } from '../../../context.ts';
import type { Trx } from '../../../database.ts';
import { enqueueJob } from '../../../platform/jobs/enqueue-job.ts';
import { toMessage } from './message.ts';
import { insertDelivery, listActiveWebhooks } from './webhook.store.ts';
import type { Topic } from './webhook.ts';

export const DELIVER_MLFLOW = 'registry.webhook';

export interface DeliveryJob {
  readonly delivery: string;
}

/** In the transaction of the change: it is told if and only if the change is. Sending comes later. */
export async function tellWebhooks(
  { clock }: Pick<Context, 'clock'>,
  trx: Trx,
  topic: Topic,
  data: object,
): Promise<void> {
  const meant = (await listActiveWebhooks(trx)).filter(({ topics }) =>
    topics.some(({ entity, action }) => entity === topic.entity && action === topic.action),
  );
  if (meant.length === 0) return;
  const now = clock.now();
  const body = toMessage(topic, data, now);
  for (const webhook of meant) {
    const id = randomUUID();
    await insertDelivery(trx, { id, webhook: webhook.id, body, now });
    const payload: DeliveryJob = { delivery: id };
    await enqueueJob(trx as never, { kind: DELIVER_MLFLOW, key: id, payload }, now);
  }
}
