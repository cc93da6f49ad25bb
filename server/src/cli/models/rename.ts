import { defineCommand, UsageError } from '../command.ts';
import { sendMlflow } from '../mlflow.ts';
import { withNext } from '../with-next.ts';
import { whereModels } from './version-ref.ts';

export const command = defineCommand({
  summary: 'Give a registered model another name; its versions and aliases go with it.',
  usage: 'NAME NEW_NAME',
  options: {},
  async run({ args }, io) {
    const [name, newName] = args;
    if (name === undefined || newName === undefined || args.length !== 2) {
      throw new UsageError('models rename needs the NAME and the new name.');
    }
    await withNext(whereModels(name), sendMlflow(io, 'registered-models/rename', { name, new_name: newName }));
    if (io.json) io.printJson({ name: newName });
    else io.note(`${name} is ${newName} now.`);
    return 0;
  },
});
