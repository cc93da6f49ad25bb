import { defineCommand, UsageError } from '../command.ts';
import { sendMlflow } from '../mlflow.ts';
import { describeTags, parseTagWords, removeTagOption, tagsAsJson } from '../tag-words.ts';
import { withNext } from '../with-next.ts';
import { resolveRun } from './resolve-run.ts';

export const command = defineCommand({
  summary: 'Set and remove tags of a run.',
  usage: 'RUN KEY=VALUE… [--remove KEY]',
  options: { remove: removeTagOption },
  async run({ values, args }, io) {
    const [word, ...words] = args;
    if (word === undefined) throw new UsageError('runs tag needs a RUN and tags: bucle runs tag RUN stage=final.');
    const change = parseTagWords(words, values.remove);
    const { run_id } = (await resolveRun(io, word)).info;
    await withNext(
      `Its tags are in \`bucle runs show ${run_id}\`; one that is deleted comes back by \`bucle runs restore\`.`,
      (async () => {
        if (change.set.length > 0) await sendMlflow(io, 'runs/log-batch', { run_id, tags: change.set });
        for (const key of change.remove) await sendMlflow(io, 'runs/delete-tag', { run_id, key });
      })(),
    );
    if (io.json) io.printJson({ run_id, ...tagsAsJson(change) });
    else io.note(`run:${run_id}: ${describeTags(change)}`);
    return 0;
  },
});
