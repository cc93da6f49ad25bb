import { defineCommand, UsageError } from '../command.ts';
import { sendMlflow } from '../mlflow.ts';
import { describeTags, parseTagWords, removeTagOption, tagsAsJson } from '../tag-words.ts';
import { withNext } from '../with-next.ts';
import { findExperiment } from './find-experiment.ts';

export const command = defineCommand({
  summary: 'Set and remove tags of an experiment.',
  usage: 'NAME|ID KEY=VALUE… [--remove KEY]',
  options: { remove: removeTagOption },
  async run({ values, args }, io) {
    const [word, ...words] = args;
    if (word === undefined) throw new UsageError('experiments tag needs a NAME or ID, and tags such as team=ops.');
    const change = parseTagWords(words, values.remove);
    const { experiment_id } = await findExperiment(io, word);
    await withNext(
      `Its tags are in \`bucle experiments show ${experiment_id}\`.`,
      (async () => {
        for (const tag of change.set) await sendMlflow(io, 'experiments/set-experiment-tag', { experiment_id, ...tag });
        for (const key of change.remove) {
          await sendMlflow(io, 'experiments/delete-experiment-tag', { experiment_id, key });
        }
      })(),
    );
    if (io.json) io.printJson({ experiment_id, ...tagsAsJson(change) });
    else io.note(`experiment:${experiment_id}: ${describeTags(change)}`);
    return 0;
  },
});
