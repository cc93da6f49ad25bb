import { fillPath } from '@bucle/client';
import { defineCommand, UsageError } from '../command.ts';

export const command = defineCommand({
  summary: 'Stop watching an endpoint; its windows go, captures, labels and alerts stay.',
  usage: 'ENDPOINT',
  options: {},
  async run({ args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw new UsageError('monitors rm needs one ENDPOINT.');
    await io.client.request('DELETE', fillPath('/api/v1/monitors/{name}', { name }));
    if (io.json) io.printJson({ removed: name });
    else io.note(`${name} is watched no more.`);
    return 0;
  },
});
