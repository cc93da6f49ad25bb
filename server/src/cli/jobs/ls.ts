import { defineCommand, UsageError } from '../command.ts';
import { formatDuration, formatTime } from '../data/format.ts';
import { formatCommand, type JobSummary, jobStates } from './job.ts';

/** The part of an id that is a time in milliseconds. */
const SHORT_ID = 13;

export const command = defineCommand({
  summary: 'List jobs, the newest first.',
  usage: '[--state STATE] [--limit N]',
  options: {
    state: {
      type: 'string',
      multiple: true,
      value: 'STATE',
      meaning: `${jobStates.join(', ')}; may be said several times.`,
    },
    limit: { type: 'string', value: 'N', meaning: 'How many (50).' },
  },
  async run({ values }, io) {
    const { state = [], limit = '50' } = values;
    const unknown = state.find((one) => !(jobStates as readonly string[]).includes(one));
    if (unknown !== undefined) throw new UsageError(`--state ${unknown} is none of ${jobStates.join(', ')}.`);
    if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > 500)
      throw new UsageError('--limit must be between 1 and 500.');
    const { jobs, next } = await io.client.request<{ jobs: JobSummary[]; next: string | null }>('GET', '/api/v1/jobs', {
      query: { state, limit: Number(limit) },
      signal: io.signal,
    });
    if (io.json) io.printJson(jobs);
    else if (jobs.length === 0) {
      io.note(
        state.length > 0 ? `No jobs are ${state.join(' or ')}.` : 'No jobs yet: bucle jobs run -- python train.py',
      );
    } else {
      const length = io.stdout.isTTY ? uniqueLength(jobs.map(({ id }) => id)) : undefined;
      io.printTable(
        ['job', 'name', 'state', 'experiment', 'created', 'took', 'command'],
        jobs.map((job) => [
          job.id.slice(0, length),
          job.name,
          job.state,
          job.experiment,
          formatTime(job.created_at),
          job.finished_at === null ? null : formatDuration((job.finished_at - job.created_at) / 1000),
          formatCommand(job.command),
        ]),
        ['job', 'created'],
      );
      if (next !== null) io.note(`There are more: --limit N shows up to 500.`);
    }
    return 0;
  },
});

/** So many characters tell these ids apart; they are enough for the other commands. */
function uniqueLength(ids: readonly string[]): number {
  let length = SHORT_ID;
  while (new Set(ids.map((id) => id.slice(0, length))).size < ids.length) length += 1;
  return length;
}
