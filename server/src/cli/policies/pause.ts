import { defineCommand, UsageError } from '../command.ts';
import { type PolicyView, policyPath } from './view.ts';

export const command = defineCommand({
  summary: 'Stop a policy from firing by itself; what is under way goes on.',
  usage: 'NAME --reason TEXT',
  options: { reason: { type: 'string', value: 'TEXT', meaning: 'Why; it is told wherever the policy does not fire.' } },
  async run({ values: { reason }, args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1 || reason === undefined) {
      throw new UsageError('policies pause needs one NAME and --reason.');
    }
    const policy = await io.client.request<PolicyView>('POST', policyPath(name, '/pause'), {
      json: { reason },
      signal: io.signal,
    });
    if (io.json) io.printJson(policy);
    io.note(`${name} is paused. Go on with: bucle policies resume ${name}`);
    return 0;
  },
});
