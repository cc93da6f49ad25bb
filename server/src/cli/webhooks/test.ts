import { setTimeout as sleep } from 'node:timers/promises';
import { defineCommand, exitCodes, type Io, UsageError } from '../command.ts';
import { type DeliveryView, webhookPath } from './view.ts';

const POLL_MS = 200;
/** Longer than one attempt may take. */
const WAIT_MS = 20_000;

export const command = defineCommand({
  summary: 'Send a test event and wait for what the receiver says.',
  usage: 'NAME',
  options: {},
  async run({ args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw new UsageError('webhooks test needs one NAME.');
    const sent = await io.client.request<DeliveryView>('POST', webhookPath(name, '/test'));
    const delivery = await waitForAttempt(io, name, sent);
    if (io.json) io.printJson(delivery);
    if (delivery.state === 'delivered') {
      io.note(`${name} answered ${delivery.status}.`);
      return exitCodes.ok;
    }
    if (delivery.attempts === 0) {
      io.note(`Not tried yet; look again with: bucle webhooks deliveries ${name}`);
      return exitCodes.pending;
    }
    io.note(delivery.error ?? 'It did not arrive.');
    if (delivery.state === 'pending') io.note('It is tried again by itself.');
    return exitCodes.failed;
  },
});

async function waitForAttempt(io: Io, name: string, sent: DeliveryView): Promise<DeliveryView> {
  const until = Date.now() + WAIT_MS;
  let delivery = sent;
  while (delivery.attempts === 0 && Date.now() < until) {
    await sleep(POLL_MS, undefined, { signal: io.signal });
    const path = webhookPath(name, '/deliveries');
    const { deliveries } = await io.client.request<{ deliveries: DeliveryView[] }>('GET', path, { signal: io.signal });
    delivery = deliveries.find(({ id }) => id === sent.id) ?? delivery;
  }
  return delivery;
}
