import { fillPath } from '@bucle/client';
import { defineCommand, UsageError } from '../command.ts';
import { type DeliveryView, webhookPath } from './view.ts';

export const command = defineCommand({
  summary: 'Send a message to a webhook once more, whatever became of it.',
  usage: 'NAME DELIVERY',
  options: {},
  async run({ args }, io) {
    const [name, id] = args;
    if (name === undefined || id === undefined || args.length !== 2) {
      throw new UsageError('webhooks retry needs a NAME and the id of a DELIVERY.');
    }
    const path = webhookPath(name, fillPath('/deliveries/{id}/retry', { id }));
    const delivery = await io.client.request<DeliveryView>('POST', path);
    if (io.json) io.printJson(delivery);
    io.note(`It is sent again; see: bucle webhooks deliveries ${name}`);
    return 0;
  },
});
