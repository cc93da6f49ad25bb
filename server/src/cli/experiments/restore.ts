import { defineCommand, UsageError } from '../command.ts';
import { sendMlflow } from '../mlflow.ts';
import { withNext } from '../with-next.ts';
import { findExperiment } from './find-experiment.ts';

export const command = defineCommand({
  summary: 'Bring a deleted experiment back with its runs.',
  usage: 'NAME|ID',
  options: {},
  async run({ args }, io) {
    const [word] = args;
    if (word === undefined || args.length !== 1) throw new UsageError('experiments restore needs one NAME or ID.');
    const { experiment_id, name } = await findExperiment(io, word);
    await withNext(
      'What can be restored: `bucle experiments ls --view deleted`.',
      sendMlflow(io, 'experiments/restore', { experiment_id }),
    );
    if (io.json) io.printJson({ experiment_id, name, lifecycle_stage: 'active' });
    else io.note(`Restored ${name} with its runs.`);
    return 0;
  },
});
