import { fillPath } from '@bucle/client';
import { type Command, defineCommand, UsageError } from '../command.ts';
import { findRollout } from './find-rollout.ts';
import { describeRollout, type Rollout } from './view.ts';

/** A command that does one thing to a rollout, for a reason that is kept with it. */
export function rolloutAct(verb: string, summary: string): Command {
  return defineCommand({
    summary,
    usage: 'ROLLOUT|ENDPOINT --reason TEXT',
    options: { reason: { type: 'string', value: 'TEXT', meaning: 'Why: it is kept with your name.' } },
    async run({ values, args }, io) {
      const [word] = args;
      if (word === undefined || args.length !== 1 || values.reason === undefined) {
        throw new UsageError(`rollouts ${verb} needs one ROLLOUT or ENDPOINT, and --reason TEXT.`);
      }
      const { id } = await findRollout(io, word);
      const path = `${fillPath('/api/v1/rollouts/{id}', { id })}/${verb}`;
      const rollout = await io.client.request<Rollout>('POST', path, {
        json: { reason: values.reason },
        signal: io.signal,
      });
      if (io.json) io.printJson(rollout);
      else io.print(describeRollout(rollout));
      if (rollout.open) io.note(`  next: bucle rollouts watch ${id}`);
      return 0;
    },
  });
}
