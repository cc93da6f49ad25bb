import { defineCommand, UsageError } from '../command.ts';
import { sendMlflow } from '../mlflow.ts';
import { withNext } from '../with-next.ts';
import { findExperiment } from './find-experiment.ts';

export const command = defineCommand({
  summary: 'Give an experiment another name.',
  usage: 'NAME|ID NEW_NAME',
  options: {},
  async run({ args }, io) {
    const [word, name] = args;
    if (word === undefined || name === undefined || args.length !== 2) {
      throw new UsageError('experiments rename needs the NAME or ID, and the new name.');
    }
    const { experiment_id } = await findExperiment(io, word);
    await withNext(
      'Names that are taken, by deleted experiments too: `bucle experiments ls --view all`.',
      sendMlflow(io, 'experiments/update', { experiment_id, new_name: name }),
    );
    if (io.json) io.printJson({ experiment_id, name });
    else io.note(`experiment:${experiment_id} is ${name} now.`);
    return 0;
  },
});
