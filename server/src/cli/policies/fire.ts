import { defineCommand, UsageError } from '../command.ts';
import { watchFiring } from '../firings/watch-firing.ts';
import { describeFiring, type FiringView, policyPath } from './view.ts';

export const command = defineCommand({
  summary: 'Fire a policy now: neither cooldown, budget nor a pause keeps it from it.',
  usage: 'NAME [--reason TEXT] [--watch]',
  options: {
    reason: { type: 'string', value: 'TEXT', meaning: 'Why; it is kept with the firing.' },
    watch: { type: 'boolean', meaning: 'Follow it to its end.' },
  },
  async run({ values, args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw new UsageError('policies fire needs one NAME.');
    const json = values.reason === undefined ? {} : { reason: values.reason };
    const firing = await io.client.request<FiringView>('POST', policyPath(name, '/fire'), { json, signal: io.signal });
    if (values.watch) return watchFiring(io, firing);
    if (io.json) io.printJson(firing);
    else io.print(firing.id);
    io.note(describeFiring(firing));
    io.note(`  next: bucle firings watch ${firing.id}`);
    return 0;
  },
});
