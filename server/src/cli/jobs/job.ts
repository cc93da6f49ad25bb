/** What the commands read of a job. */
export interface JobSummary {
  readonly id: string;
  readonly name: string;
  readonly experiment: string;
  readonly command: readonly string[];
  readonly snapshot: string;
  readonly requirements: string | null;
  readonly inputs: readonly { readonly name: string; readonly dataset: string; readonly number: number }[];
  readonly git: { readonly sha: string; readonly branch: string | null; readonly dirty: boolean } | null;
  readonly retries: number;
  readonly time_limit_seconds: number | null;
  readonly state: JobState;
  readonly reason: string | null;
  readonly run: string | null;
  readonly cancel_requested_at: number | null;
  readonly created_at: number;
  readonly created_by: string;
  readonly finished_at: number | null;
}

export type JobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
export const jobStates: readonly JobState[] = ['queued', 'running', 'succeeded', 'failed', 'cancelled'];

export interface Attempt {
  readonly number: number;
  readonly state: string;
  readonly run: string | null;
  readonly environment: string | null;
  readonly outcome: string | null;
  readonly exit_code: number | null;
  readonly signal: string | null;
  readonly reason: string | null;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
}

export interface JobDetail extends JobSummary {
  readonly attempts: readonly Attempt[];
}

export function isOver({ state }: Pick<JobSummary, 'state'>): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}

/** How the words of a command can be typed again. */
export function formatCommand(command: readonly string[]): string {
  return command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}

const hints: Readonly<Record<string, string>> = {
  user: 'Mend the code and run it again; --retries N tries again by itself.',
  oom: 'Give it less data or smaller batches, or run it on a machine with more memory.',
  timeout: 'Give it more time: --time-limit DURATION, or none.',
  infra: 'The machine failed, not the code: run it again.',
  lost: 'The machine failed, not the code: run it again.',
};

/** One line that says how to go on from here. */
export function nextStep(job: JobDetail): string {
  switch (job.state) {
    case 'queued':
    case 'running':
      return `Follow it: bucle jobs logs -f ${job.id}`;
    case 'succeeded':
      return job.run === null ? `Its log: bucle jobs logs ${job.id}` : `Its run: bucle runs show ${job.run}`;
    case 'cancelled':
      return `Its log: bucle jobs logs ${job.id}`;
    case 'failed':
      return `Its log: bucle jobs logs ${job.id}. ${hints[job.attempts.at(-1)?.outcome ?? 'user'] ?? ''}`.trimEnd();
  }
}
