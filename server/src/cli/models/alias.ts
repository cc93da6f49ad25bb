import { defineCommand, UsageError } from '../command.ts';
import { sendMlflow } from '../mlflow.ts';
import { withNext } from '../with-next.ts';
import { parseModelRef, whereModels } from './version-ref.ts';

export const command = defineCommand({
  summary: 'Let an alias of a model name one of its versions; it moves no traffic.',
  usage: 'NAME/N ALIAS | NAME ALIAS --remove',
  options: { remove: { type: 'boolean', meaning: 'Take the alias away.' } },
  async run({ values, args }, io) {
    const [ref = '', alias] = args;
    const { name, version } = parseModelRef(ref);
    const remove = values.remove === true;
    if (alias === undefined || args.length !== 2 || remove === (version !== undefined)) {
      throw new UsageError(
        'models alias needs NAME/N and ALIAS, such as: flights/3 champion; to take one away: flights champion --remove.',
      );
    }
    const fields = remove ? { name, alias } : { name, alias, version };
    await withNext(whereModels(name), sendMlflow(io, 'registered-models/alias', fields, remove ? 'DELETE' : 'POST'));
    if (io.json) io.printJson({ name, alias, version: version === undefined ? null : Number(version) });
    else io.note(remove ? `${name}@${alias} is gone.` : `${name}@${alias} is ${name}/${version} now.`);
    return 0;
  },
});
