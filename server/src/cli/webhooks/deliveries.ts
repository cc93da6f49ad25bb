import { defineCommand, UsageError } from '../command.ts';
import { type DeliveryView, formatMoment, webhookPath } from './view.ts';

const STATES = ['pending', 'delivered', 'dead'];
const MOST = 500;

export const command = defineCommand({
  summary: 'List what was sent to a webhook, or is to be, newest first.',
  usage: 'NAME [--state pending|delivered|dead] [--limit N]',
  options: {
    state: { type: 'string', value: 'STATE', meaning: 'Only those that are pending, delivered or dead.' },
    limit: { type: 'string', value: 'N', meaning: `How many, up to ${MOST} (default 20).` },
  },
  async run({ values: { state, limit: most }, args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw new UsageError('webhooks deliveries needs one NAME.');
    if (state !== undefined && !STATES.includes(state)) {
      throw new UsageError(`--state is ${state}, but it must be one of ${STATES.join(', ')}.`);
    }
    const limit = Number(most ?? 20);
    if (!Number.isInteger(limit) || limit < 1 || limit > MOST) {
      throw new UsageError(`--limit must be a whole number from 1 to ${MOST}.`);
    }
    const path = webhookPath(name, '/deliveries');
    const page = await io.client.request<{ deliveries: DeliveryView[] }>('GET', path, { query: { state, limit } });
    if (io.json) io.printJson(page);
    else if (page.deliveries.length === 0) io.note(`Nothing was sent to ${name}: bucle webhooks test ${name}`);
    else {
      io.printTable(
        ['id', 'when', 'type', 'state', 'attempts', 'next', 'error'],
        page.deliveries.map(({ id, created_at, type, state: now, attempts, next_at, error }) => [
          ...[id, formatMoment(created_at), type, now, attempts],
          ...[next_at === null ? null : formatMoment(next_at), error],
        ]),
        ['id'],
      );
      if (page.deliveries.some((delivery) => delivery.state === 'dead')) {
        io.note(`To send one again: bucle webhooks retry ${name} ID`);
      }
    }
    return 0;
  },
});
