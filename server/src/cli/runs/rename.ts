import { defineCommand, UsageError } from '../command.ts';
import { sendMlflow } from '../mlflow.ts';
import { withNext } from '../with-next.ts';
import { resolveRun } from './resolve-run.ts';

export const command = defineCommand({
  summary: 'Give a run another name.',
  usage: 'RUN NAME',
  options: {},
  async run({ args }, io) {
    const [word, name] = args;
    if (word === undefined || name === undefined || name.trim() === '' || args.length !== 2) {
      throw new UsageError('runs rename needs a RUN and its new NAME.');
    }
    const { run_id } = (await resolveRun(io, word)).info;
    await withNext(
      `A deleted run keeps its name until \`bucle runs restore ${run_id}\`.`,
      sendMlflow(io, 'runs/update', { run_id, run_name: name }),
    );
    if (io.json) io.printJson({ run_id, run_name: name });
    else io.note(`run:${run_id} is ${name} now.`);
    return 0;
  },
});
