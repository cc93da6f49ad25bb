import { fillPath } from '@bucle/client';
import { defineCommand, UsageError } from '../command.ts';
import type { AlertView } from './view.ts';

export const command = defineCommand({
  summary: 'Say that what alarms is the new normal: it is learned anew from the window that opened the alert on.',
  usage: 'ID [--reason TEXT]',
  options: { reason: { type: 'string', short: 'm', value: 'TEXT', meaning: 'Why; kept with the alert.' } },
  async run({ values, args }, io) {
    const [id] = args;
    if (id === undefined || args.length !== 1) throw new UsageError('alerts ack needs one ID.');
    const path = fillPath('/api/v1/alerts/{id}/acknowledge', { id });
    const json = values.reason === undefined ? {} : { reason: values.reason };
    const alert = await io.client.request<AlertView>('POST', path, { json });
    if (io.json) io.printJson(alert);
    else
      io.note(
        `Acknowledged. ${alert.features.join(', ') || alert.signal} raises no alarm until 8 windows were learned.`,
      );
    return 0;
  },
});
