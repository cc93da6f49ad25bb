import type { Context } from '../../../context.ts';
import type { JobHandler, JobOutcome, JobRun } from '../../../platform/jobs/jobs.ts';
import type { Network } from '../../../platform/webhooks/network.ts';
import { type Sent, sendMessage } from './send-message.ts';
import { DELIVER_MLFLOW, type DeliveryJob } from './tell-webhooks.ts';
import { type AttemptResult, deleteFinished, findDelivery, findWebhook, writeAttempt } from './webhook.store.ts';
import type { MlflowDelivery } from './webhook.ts';

type Parts = Pick<Context, 'db' | 'clock' | 'config' | 'log'>;

const CONCURRENCY = 8;
/** With the delays below the last is tried half an hour after the first. */
const MOST_ATTEMPTS = 12;
const FIRST_DELAY_MS = 1_000;
/** What receivers may ask for by Retry-After. */
const MOST_DELAY_MS = 3_600_000;
const KEPT_MS = 30 * 86_400_000;

/** Sends what MLflow's webhooks are told, across any number of restarts, until it arrives or is refused for good. */
export function mlflowDeliveryJob(parts: Parts, network: Network): JobHandler {
  return { kind: DELIVER_MLFLOW, concurrency: CONCURRENCY, handle: (run) => deliver(parts, network, run) };
}

async function deliver(parts: Parts, network: Network, run: JobRun): Promise<JobOutcome> {
  const { db, clock, log } = parts;
  const { delivery: id } = run.job.payload as DeliveryJob;
  const delivery = await findDelivery(db.read, id);
  if (delivery?.state !== 'pending') return undefined;
  // It was tried, and the process died before its job knew.
  if (delivery.nextAt !== null && delivery.nextAt > clock.now()) return { again: delivery.nextAt };
  const webhook = await findWebhook(db.read, delivery.webhook);
  if (!webhook) return undefined;
  const sent = webhook.active
    ? await sendMessage(parts, network, { webhook, id, body: delivery.body, signal: run.signal })
    : { error: 'The webhook is disabled.' };
  run.signal.throwIfAborted();
  const result = judge(delivery, sent, { again: webhook.active, now: clock.now() });
  await db.transaction(async (trx) => {
    await run.fence(trx as never);
    if (await writeAttempt(trx, delivery, result)) await deleteFinished(trx, webhook.id, result.now - KEPT_MS);
  });
  const { state, status, error, nextAt } = result;
  if (state === 'dead') log.warn({ webhook: webhook.name, delivery: id, status, error }, 'a webhook was not reached');
  return nextAt === null ? undefined : { again: nextAt };
}

/** Tried again: no answer, 429 and 5xx. Whatever else is no success is an answer for good. */
function judge(
  { attempts }: MlflowDelivery,
  sent: Sent,
  { again, now }: { readonly again: boolean; readonly now: number },
): AttemptResult {
  const answer = 'answer' in sent ? sent.answer : null;
  const status = answer?.status ?? null;
  if (status !== null && status >= 200 && status < 300) {
    return { state: 'delivered', nextAt: null, status, error: null, now };
  }
  const error = 'error' in sent ? sent.error : `The receiver answered ${sent.answer.status}.`;
  const transient = status === null || status === 429 || status >= 500;
  if (!again || !transient || attempts + 1 >= MOST_ATTEMPTS) return { state: 'dead', nextAt: null, status, error, now };
  const asked = Number(answer?.retryAfter ?? Number.NaN) * 1_000;
  const own = FIRST_DELAY_MS * 2 ** attempts * (0.5 + Math.random() / 2);
  const delay = Math.min(Number.isFinite(asked) && asked >= 0 ? Math.max(asked, own) : own, MOST_DELAY_MS);
  return { state: 'pending', nextAt: now + Math.round(delay), status, error, now };
}
