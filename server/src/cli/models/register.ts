import { fillPath } from '@bucle/client';
import { defineCommand, type Io, UsageError } from '../command.ts';
import { resolveJob } from '../jobs/resolve-job.ts';
import { resolveRun } from '../runs/resolve-run.ts';
import type { ModelVersion } from './view.ts';

export const command = defineCommand({
  summary: 'Register what a job or a run has logged as a version of a model; prints the version.',
  usage: 'job:JOB|run:RUN|model:m-… --as NAME [--description TEXT]',
  options: {
    as: { type: 'string', value: 'NAME', meaning: 'The registered model; it is made when there is none.' },
    description: { type: 'string', value: 'TEXT', meaning: 'What is special about this version.' },
  },
  async run({ values, args }, io) {
    const [source] = args;
    const name = values.as;
    if (source === undefined || args.length !== 1 || name === undefined) {
      throw new UsageError('models register needs one source and --as NAME, such as: job:0198f3 --as flights.');
    }
    const version = await io.client.request<ModelVersion>(
      'POST',
      fillPath('/api/v1/models/{name}/versions', { name }),
      {
        json: {
          from: await wholeSource(io, source),
          ...(values.description === undefined ? {} : { description: values.description }),
        },
        signal: io.signal,
      },
    );
    if (io.json) io.printJson(version);
    else io.print(`${version.name}/${version.number}`);
    io.note(`Deploy it: bucle endpoints deploy ENDPOINT ${version.name}/${version.number}`);
    return 0;
  },
});

/** A shortened id is made whole; anything else is the server's to judge. */
async function wholeSource(io: Io, source: string): Promise<string> {
  if (source.startsWith('job:')) return `job:${await resolveJob(io, source)}`;
  if (source.startsWith('run:')) return `run:${(await resolveRun(io, source)).info.run_id}`;
  if (source.startsWith('m-')) return `model:${source}`;
  return source;
}
