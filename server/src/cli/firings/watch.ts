import { defineCommand, UsageError } from '../command.ts';
import { getFiring } from '../policies/view.ts';
import { watchFiring } from './watch-firing.ts';

export const command = defineCommand({
  summary: 'Follow a firing to its end.',
  usage: 'FIRING',
  options: {},
  async run({ args }, io) {
    const [id] = args;
    if (id === undefined || args.length !== 1) throw new UsageError('firings watch needs one FIRING.');
    return watchFiring(io, await getFiring(io, id));
  },
});
