import { defineCommand, UsageError } from '../command.ts';
import { sendMlflow } from '../mlflow.ts';
import { withNext } from '../with-next.ts';
import { findExperiment } from './find-experiment.ts';

export const command = defineCommand({
  summary: 'Delete an experiment with its runs; it can be restored.',
  usage: 'NAME|ID',
  options: {},
  async run({ args }, io) {
    const [word] = args;
    if (word === undefined || args.length !== 1) throw new UsageError('experiments rm needs one NAME or ID.');
    const { experiment_id, name } = await findExperiment(io, word);
    await withNext(
      'What is deleted already: `bucle experiments ls --view deleted`.',
      sendMlflow(io, 'experiments/delete', { experiment_id }),
    );
    if (io.json) io.printJson({ experiment_id, name, lifecycle_stage: 'deleted' });
    else io.note(`Deleted ${name} with its runs. Bring back: bucle experiments restore ${experiment_id}`);
    return 0;
  },
});
