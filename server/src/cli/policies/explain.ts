import { defineCommand, UsageError } from '../command.ts';
import { policyPath } from './view.ts';

interface Explanation {
  readonly now: string;
  readonly lines: readonly { readonly text: string; readonly check: { readonly last_cause: string | null } }[];
}

export const command = defineCommand({
  summary: 'Tell when a policy fired, when it did not, and why, oldest first.',
  usage: 'NAME [--limit N]',
  options: { limit: { type: 'string', value: 'N', meaning: 'So many of the last decisions; 20 by default.' } },
  async run({ values: { limit = '20' }, args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw new UsageError('policies explain needs one NAME.');
    if (!/^[1-9]\d{0,3}$/.test(limit)) throw new UsageError(`--limit ${limit} is no number from 1 to 1000.`);
    const explanation = await io.client.request<Explanation>('GET', policyPath(name, '/explain'), {
      query: { limit: Number(limit) },
      signal: io.signal,
    });
    if (io.json) io.printJson(explanation);
    else {
      for (const { text, check } of explanation.lines) {
        io.print(check.last_cause === null ? text : `${text}\n  cause: ${check.last_cause}`);
      }
      io.note(explanation.now);
    }
    return 0;
  },
});
