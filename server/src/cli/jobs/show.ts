import { defineCommand, UsageError } from '../command.ts';
import { formatDuration, formatTime } from '../data/format.ts';
import { getJob } from './follow-log.ts';
import { type Attempt, formatCommand, type JobDetail, nextStep } from './job.ts';
import { resolveJob } from './resolve-job.ts';

export const command = defineCommand({
  summary: 'Show a job: what it ran on, its attempts, how it ended, and the next step.',
  usage: 'JOB',
  options: {},
  async run({ args }, io) {
    const [text] = args;
    if (text === undefined || args.length !== 1) throw new UsageError('jobs show needs one JOB.');
    const job = await getJob(io, await resolveJob(io, text));
    if (io.json) {
      io.printJson(job);
      return 0;
    }
    for (const [label, value] of facts(job)) io.print(`${`${label}:`.padEnd(12)} ${value}`);
    io.print('');
    io.printTable(
      ['attempt', 'state', 'outcome', 'exit', 'started', 'took', 'run', 'environment'],
      job.attempts.map((attempt) => [
        attempt.number,
        attempt.state,
        attempt.outcome,
        attempt.signal ?? attempt.exit_code,
        attempt.started_at === null ? null : formatTime(attempt.started_at),
        took(attempt),
        attempt.run,
        attempt.environment?.slice(0, 12) ?? null,
      ]),
      ['started', 'run'],
    );
    for (const { number, reason } of job.attempts) if (reason !== null) io.print(`attempt ${number}: ${reason}`);
    io.note(`  next: ${nextStep(job)}`);
    return 0;
  },
});

function facts(job: JobDetail): [string, string][] {
  const { git, inputs, reason, requirements, time_limit_seconds: limit } = job;
  const state = job.state === 'running' && job.cancel_requested_at !== null ? 'running, to be cancelled' : job.state;
  const rows: [string, string | null][] = [
    ['job', `job:${job.id}`],
    ['name', job.name],
    ['state', reason === null ? state : `${state}: ${reason}`],
    ['command', formatCommand(job.command)],
    ['experiment', job.experiment],
    ['run', job.run],
    ['inputs', inputs.length === 0 ? null : inputs.map((one) => `${one.name}=${one.dataset}@${one.number}`).join(', ')],
    ['snapshot', job.snapshot],
    [
      'git',
      git === null
        ? null
        : `${git.sha}${git.branch === null ? '' : ` (${git.branch})`}${git.dirty ? ', with changes' : ''}`,
    ],
    ['packages', requirements],
    ['time limit', limit === null ? null : formatDuration(limit)],
    ['created', `${formatTime(job.created_at)} by ${job.created_by}`],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== null);
}

function took({ started_at, ended_at }: Attempt): string | null {
  return started_at === null || ended_at === null ? null : formatDuration((ended_at - started_at) / 1000);
}
