import { defineCommand, UsageError } from '../command.ts';
import { type PolicyView, policyPath } from './view.ts';

export const command = defineCommand({
  summary: 'Let a paused policy fire again, and forgive the rejections so far.',
  usage: 'NAME',
  options: {},
  async run({ args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw new UsageError('policies resume needs one NAME.');
    const policy = await io.client.request<PolicyView>('POST', policyPath(name, '/resume'), { signal: io.signal });
    if (io.json) io.printJson(policy);
    io.note(`${name} fires again by itself.`);
    return 0;
  },
});
