import { defineCommand, UsageError } from '../command.ts';
import { given, sendMlflow } from '../mlflow.ts';
import { parseTagWords } from '../tag-words.ts';
import { withNext } from '../with-next.ts';

export const command = defineCommand({
  summary: 'Make an experiment; prints its id.',
  usage: 'NAME [--tag KEY=VALUE] [--artifact-location URI]',
  options: {
    tag: { type: 'string', value: 'KEY=VALUE', multiple: true, meaning: 'A tag; may be repeated.' },
    'artifact-location': {
      type: 'string',
      value: 'URI',
      meaning: 'Where its artifacts go; by default the server decides.',
    },
  },
  async run({ values, args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw new UsageError('experiments create needs one NAME.');
    const tags = values.tag === undefined ? undefined : parseTagWords(values.tag).set;
    const { experiment_id } = await withNext(
      'The experiments, deleted ones too: `bucle experiments ls --view all`.',
      sendMlflow<{ experiment_id: string }>(io, 'experiments/create', {
        name,
        ...given({ tags, artifact_location: values['artifact-location'] }),
      }),
    );
    if (io.json) io.printJson({ experiment_id, name });
    else io.print(experiment_id);
    return 0;
  },
});
