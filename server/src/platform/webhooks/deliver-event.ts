import type { Context } from '../../context.ts';
import { version } from '../../version.ts';
import { failpoint } from '../config/failpoint.ts';
import { BucleError } from '../errors.ts';
import { appendEvent } from '../events/event.store.ts';
import type { JobHandler, JobOutcome, JobRun } from '../jobs/jobs.ts';
import { checkTarget } from './check-target.ts';
import { toCloudEvent } from './cloud-event.ts';
import { type AttemptResult, deleteDelivered, findDelivery, findEvent, writeAttempt } from './delivery.store.ts';
import type { Network } from './network.ts';
import { DELIVER, type DeliveryJob } from './request-delivery.ts';
import { retryDelay } from './retry-delay.ts';
import { sendRequest } from './send-request.ts';
import { signMessage } from './sign-message.ts';
import { findSigner, writeActive } from './webhook.store.ts';
import { type Delivery, type Webhook, webhookRef } from './webhook.ts';

type Parts = Pick<Context, 'db' | 'clock' | 'config' | 'log'>;
type Signer = Webhook & { readonly secret: string };
type Answer = Pick<AttemptResult, 'status' | 'error'>;

const CONCURRENCY = 8;
/** The receiver wants no more: it is switched off. */
const GONE = 410;
const KEPT_MS = 30 * 86_400_000;

/** Sends deliveries; each is tried again until it arrives or is dead, across any number of restarts. */
export function deliveryJob(parts: Parts, network: Network): JobHandler {
  return { kind: DELIVER, concurrency: CONCURRENCY, handle: (run) => attemptDelivery(parts, network, run) };
}

async function attemptDelivery(parts: Parts, network: Network, run: JobRun): Promise<JobOutcome> {
  const { delivery: id, round } = run.job.payload as DeliveryJob;
  const delivery = await findDelivery(parts.db.read, id);
  if (delivery?.state !== 'pending' || delivery.round !== round) return undefined;
  // It was tried, and the process died before its job knew.
  if (delivery.nextAt !== null && delivery.nextAt > parts.clock.now()) return { again: delivery.nextAt };
  const webhook = await findSigner(parts.db.read, delivery.webhook);
  if (!webhook) return undefined;
  failpoint('webhook:delivery:before');
  const answer = await send(parts, network, { webhook, delivery, signal: run.signal });
  run.signal.throwIfAborted();
  failpoint('webhook:delivery:sent');
  const result = judge(webhook, delivery, answer, parts.clock.now());
  await record(parts, run, { webhook, delivery, result });
  failpoint('webhook:delivery:after');
  return result.nextAt === null ? undefined : { again: result.nextAt };
}

async function send(
  { db, clock, config }: Parts,
  { resolve, timeoutMs, ca }: Network,
  { webhook, delivery, signal }: { webhook: Signer; delivery: Delivery; signal: AbortSignal },
): Promise<Answer> {
  if (!webhook.active) return { status: null, error: 'The webhook is switched off.' };
  const event = await findEvent(db.read, delivery.event);
  if (!event) return { status: null, error: 'The event is not there any more.' };
  try {
    const target = await checkTarget(webhook.url, { allow: config.webhookAllow, resolve });
    const body = toCloudEvent(event, config.serverUrl);
    const headers = {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'user-agent': `bucle/${version}`,
      ...signMessage(webhook.secret, { id: event.id, at: clock.now(), body }),
    };
    const { status } = await sendRequest(target, { headers, body, timeoutMs, signal, ca });
    return { status, error: describeStatus(status) };
  } catch (error) {
    return { status: null, error: describeFailure(error) };
  }
}

function judge({ active }: Webhook, { attempts }: Delivery, answer: Answer, now: number): AttemptResult {
  if (answer.error === null) return { ...answer, state: 'delivered', nextAt: null, finishedAt: now };
  const delay = active && answer.status !== GONE ? retryDelay(attempts + 1) : null;
  if (delay === null) return { ...answer, state: 'dead', nextAt: null, finishedAt: now };
  return { ...answer, state: 'pending', nextAt: now + delay, finishedAt: null };
}

async function record(
  parts: Parts,
  { fence }: JobRun,
  { webhook, delivery, result }: { webhook: Webhook; delivery: Delivery; result: AttemptResult },
): Promise<void> {
  const { db, clock, log } = parts;
  await db.transaction(async (trx) => {
    await fence(trx as never);
    if (!(await writeAttempt(trx, delivery, result))) return;
    if (result.state === 'delivered') await deleteDelivered(trx, webhook.id, firstIdAt(clock.now() - KEPT_MS));
    if (result.status !== GONE || !(await writeActive(trx, webhook.id, false))) return;
    await appendEvent(trx, parts, {
      ...{ type: 'webhook.paused', subject: webhookRef(webhook.name), actor: 'webhooks', cause: delivery.event },
      data: { reason: 'the receiver answered 410 Gone' },
    });
  });
  if (result.state !== 'dead') return;
  const { status, error } = result;
  log.warn({ webhook: webhook.name, delivery: delivery.id, status, error }, 'an event did not reach a webhook');
}

function describeStatus(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return `The receiver answered ${status}; redirects are not followed.`;
  return `The receiver answered ${status}.`;
}

/** Without addresses or anything that the other side said. */
function describeFailure(error: unknown): string {
  if (error instanceof BucleError) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined ? message : `The connection failed (${code}).`;
}

/** Sorts before each id that was made at that time or later. */
function firstIdAt(time: number): string {
  const hex = Math.max(0, time).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}
