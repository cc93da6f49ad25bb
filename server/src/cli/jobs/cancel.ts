import { fillPath } from '@bucle/client';
import { defineCommand, UsageError } from '../command.ts';
import { isOver, type JobDetail } from './job.ts';
import { resolveJob } from './resolve-job.ts';

export const command = defineCommand({
  summary: 'End a job: its command is told to stop, and killed if it does not.',
  usage: 'JOB',
  options: {},
  async run({ args }, io) {
    const [text] = args;
    if (text === undefined || args.length !== 1) throw new UsageError('jobs cancel needs one JOB.');
    const id = await resolveJob(io, text);
    const job = await io.client.request<JobDetail>('POST', fillPath('/api/v1/jobs/{id}/cancel', { id }), {
      signal: io.signal,
    });
    if (io.json) io.printJson(job);
    io.note(
      isOver(job) ? `job:${id} is ${job.state}.` : `job:${id} is told to end. See it happen: bucle jobs logs -f ${id}`,
    );
    return 0;
  },
});
