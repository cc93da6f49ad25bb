import { defineCommand, UsageError } from '../command.ts';
import { webhookPath } from './view.ts';

export const command = defineCommand({
  summary: 'Remove a webhook and the list of its deliveries.',
  usage: 'NAME',
  options: {},
  async run({ args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw new UsageError('webhooks rm needs one NAME.');
    await io.client.request('DELETE', webhookPath(name));
    if (io.json) io.printJson({ name, state: 'removed' });
    io.note(`Removed ${name}.`);
    return 0;
  },
});
