import { defineCommand, UsageError } from '../command.ts';
import { findRollout } from './find-rollout.ts';
import { watchRollout } from './watch-rollout.ts';

export const command = defineCommand({
  summary: 'Follow a rollout to its end; exits with 0 when it is promoted, with 3 when it was taken back.',
  usage: 'ROLLOUT|ENDPOINT [--timeout SECONDS]',
  options: {
    timeout: { type: 'string', value: 'SECONDS', meaning: 'Wait no longer than this, then exit with 8; it goes on.' },
  },
  async run({ values, args }, io) {
    const [word] = args;
    if (word === undefined || args.length !== 1) throw new UsageError('rollouts watch needs one ROLLOUT or ENDPOINT.');
    const seconds = values.timeout === undefined ? Number.POSITIVE_INFINITY : Number(values.timeout);
    if (Number.isNaN(seconds) || seconds < 0) {
      throw new UsageError(`--timeout is ${values.timeout}, but it must be a number from 0 up.`);
    }
    return watchRollout(io, await findRollout(io, word), seconds * 1000);
  },
});
