import { defineCommand, type Io, UsageError } from '../command.ts';
import { getJob, type LogPlace, readLogPart } from './follow-log.ts';
import { isOver } from './job.ts';
import { resolveJob } from './resolve-job.ts';
import { watchJob } from './watch-job.ts';

export const command = defineCommand({
  summary: 'Print the log of a job, or follow it.',
  usage: 'JOB [-f] [--attempt N]',
  options: {
    follow: {
      type: 'boolean',
      short: 'f',
      meaning: 'Go on until the job is over; exits with 0 when it succeeded, else with 1.',
    },
    attempt: { type: 'string', value: 'N', meaning: 'Of which attempt; absent: the last one.' },
  },
  async run({ values, args }, io) {
    const [text] = args;
    if (text === undefined || args.length !== 1) throw new UsageError('jobs logs needs one JOB.');
    const { attempt } = values;
    if (attempt !== undefined && !/^[1-9]\d{0,5}$/.test(attempt)) throw new UsageError('--attempt must be 1 or more.');
    const job = await resolveJob(io, text);
    const number = attempt === undefined ? undefined : Number(attempt);
    if (values.follow !== true) {
      await printLog(io, job, number);
      return 0;
    }
    return watchJob(io, job, number ?? (await getJob(io, job)).attempts.at(-1)?.number);
  },
});

/** All that is there now. */
async function printLog(io: Io, job: string, attempt: number | undefined): Promise<void> {
  let place: LogPlace = { job, offset: 0, wait: 0, ...(attempt === undefined ? {} : { attempt }) };
  for (;;) {
    const part = await readLogPart(io, place);
    if (part.bytes.length > 0) io.stdout.write(part.bytes);
    // Of one attempt only, also when another begins meanwhile.
    place = { ...place, attempt: part.attempt, offset: part.next };
    if (part.complete) return;
    if (part.bytes.length === 0) break;
  }
  if (!isOver(await getJob(io, job))) io.note(`The job is not over. Follow it: bucle jobs logs -f ${job}`);
}
