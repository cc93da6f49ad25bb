import { defineCommand, UsageError } from '../command.ts';
import { sendMlflow } from '../mlflow.ts';
import { withNext } from '../with-next.ts';
import { parseModelRef, whereModels } from './version-ref.ts';

export const command = defineCommand({
  summary: 'Remove a registered model with all its versions, or one version, for good.',
  usage: 'NAME|NAME/N --yes',
  options: { yes: { type: 'boolean', meaning: 'Needed: nothing brings it back.' } },
  async run({ values, args }, io) {
    const [word] = args;
    if (word === undefined || args.length !== 1) throw new UsageError('models rm needs one NAME or NAME/N.');
    const ref = parseModelRef(word);
    const what = ref.version === undefined ? `${word} with all its versions` : word;
    if (values.yes !== true) throw new UsageError(`${what} would be gone for good: say --yes if you mean it.`);
    const noun = ref.version === undefined ? 'registered-models' : 'model-versions';
    await withNext(whereModels(ref.name), sendMlflow(io, `${noun}/delete`, ref, 'DELETE'));
    const version = ref.version === undefined ? null : Number(ref.version);
    if (io.json) io.printJson({ name: ref.name, version, state: 'removed' });
    else io.note(`Removed ${what}; what was logged by runs is kept.`);
    return 0;
  },
});
