import { defineCommand, UsageError } from '../command.ts';
import { withNext } from '../with-next.ts';

export const command = defineCommand({
  summary: 'Let an alias of a model name one of its versions; it moves no traffic.',
  usage: 'NAME/N ALIAS',
  options: {},
  async run({ args }, io) {
    const [ref, alias] = args;
    const [, name, version] = /^(?:version:)?(.+)\/(\d+)$/.exec(ref ?? '') ?? [];
    if (name === undefined || version === undefined || alias === undefined || args.length !== 2) {
      throw new UsageError('models alias needs NAME/N and ALIAS, such as: flights/3 champion.');
    }
    await withNext(
      `The models are in \`bucle models ls\`, their versions in \`bucle models show ${name}\`.`,
      io.client.request('POST', '/api/2.0/mlflow/registered-models/alias', {
        json: { name, alias, version },
        signal: io.signal,
      }),
    );
    if (io.json) io.printJson({ name, alias, version: Number(version) });
    else io.note(`${name}@${alias} is ${name}/${version} now.`);
    return 0;
  },
});
