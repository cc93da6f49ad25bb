import { fillPath } from '@bucle/client';
import { defineCommand, UsageError } from '../command.ts';

export const command = defineCommand({
  summary: 'End a token; whoever uses it is refused within seconds.',
  usage: 'NAME',
  options: {},
  async run({ args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw new UsageError('tokens revoke needs one NAME.');
    await io.client.request('DELETE', fillPath('/api/v1/tokens/{name}', { name }));
    if (io.json) io.printJson({ name, state: 'revoked' });
    io.note(`Revoked ${name}.`);
    return 0;
  },
});
