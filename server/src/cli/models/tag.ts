import { defineCommand, UsageError } from '../command.ts';
import { sendMlflow } from '../mlflow.ts';
import { describeTags, parseTagWords, removeTagOption, tagsAsJson } from '../tag-words.ts';
import { withNext } from '../with-next.ts';
import { parseModelRef, whereModels } from './version-ref.ts';

export const command = defineCommand({
  summary: 'Set and remove tags of a registered model or of one version.',
  usage: 'NAME|NAME/N KEY=VALUE… [--remove KEY]',
  options: { remove: removeTagOption },
  async run({ values, args }, io) {
    const [word, ...words] = args;
    if (word === undefined) throw new UsageError('models tag needs a NAME or NAME/N, and tags such as team=ops.');
    const change = parseTagWords(words, values.remove);
    const ref = parseModelRef(word);
    const noun = ref.version === undefined ? 'registered-models' : 'model-versions';
    await withNext(
      whereModels(ref.name),
      (async () => {
        for (const tag of change.set) await sendMlflow(io, `${noun}/set-tag`, { ...ref, ...tag });
        for (const key of change.remove) await sendMlflow(io, `${noun}/delete-tag`, { ...ref, key }, 'DELETE');
      })(),
    );
    const version = ref.version === undefined ? null : Number(ref.version);
    if (io.json) io.printJson({ name: ref.name, version, ...tagsAsJson(change) });
    else io.note(`${word}: ${describeTags(change)}`);
    return 0;
  },
});
