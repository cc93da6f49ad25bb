import { defineCommand, UsageError } from '../command.ts';
import { formatTime } from '../data/format.ts';
import { listRollouts, shortVersion } from './view.ts';

export const command = defineCommand({
  summary: 'List the rollouts of an endpoint, newest first.',
  usage: 'ENDPOINT',
  options: {},
  async run({ args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw new UsageError('rollouts ls needs one ENDPOINT.');
    const rollouts = await listRollouts(io, name, 100);
    if (io.json) io.printJson(rollouts);
    else if (rollouts.length === 0) {
      io.note(`No rollouts yet: \`bucle rollouts start ${name} MODEL/VERSION --decision ID\` begins one.`);
    } else {
      io.printTable(
        ['rollout', 'version', 'state', 'percent', 'why', 'by', 'started'],
        rollouts.map((one) => [
          one.id,
          shortVersion(one),
          one.state,
          one.percent,
          one.held?.text ?? one.reason,
          one.actor,
          formatTime(one.created_at),
        ]),
        ['rollout', 'version'],
      );
    }
    return 0;
  },
});
