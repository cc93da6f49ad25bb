import type { Job, JobState, Outcome } from './job.ts';
import type { FinalRecord } from './runner/attempt-folder.ts';

export interface AttemptEnd {
  readonly outcome: Outcome;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** For a person; `null` when it succeeded. */
  readonly reason: string | null;
}

/** Which budget of retries pays for an outcome; `null`: it is not tried again. */
const budgets: Readonly<Record<Outcome, 'retries' | 'infraRetries' | null>> = {
  succeeded: null,
  cancelled: null,
  user: 'retries',
  oom: 'retries',
  timeout: 'retries',
  infra: 'infraRetries',
  lost: 'infraRetries',
};

const BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 60_000;

/** What the last record of a runner means. `sawOutOfMemory`: the end of the log says that memory ran out. */
export function judge({ exit, golden }: FinalRecord, sawOutOfMemory: boolean): AttemptEnd {
  const { code, signal, ended } = exit;
  const end = (outcome: Outcome, reason: string | null): AttemptEnd => ({ outcome, exitCode: code, signal, reason });
  switch (ended) {
    case 'cancelled':
      return end('cancelled', 'It was cancelled.');
    case 'timeout':
      return end('timeout', 'It did not end within its time limit.');
    case 'interrupted':
      return end('infra', 'Its machine was shut down, or its runner was told to stop.');
    case 'lost':
      return end('lost', 'Its runner was killed, so that nobody knows how the command ended.');
    case 'exited':
      break;
  }
  if (code === 0) {
    return golden?.loadable === false
      ? end('user', `A model that it logged cannot be loaded again: ${golden.reason ?? 'no reason was given'}`)
      : end('succeeded', null);
  }
  if (exit.oom || sawOutOfMemory) return end('oom', 'It ran out of memory.');
  if (signal === 'SIGKILL') return end('user', 'The command was killed by SIGKILL, perhaps for want of memory.');
  if (signal !== null) return end('user', `The command was killed by ${signal}.`);
  return end(
    'user',
    code === 127 ? 'The command was not found (exit code 127).' : `The command ended with exit code ${code}.`,
  );
}

export type NextStep =
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'final'; readonly state: Extract<JobState, 'succeeded' | 'failed' | 'cancelled'> };

/**
 * What becomes of a job whose attempts ended so far with `outcomes`, the last one just now.
 * `spread` in [0, 1) keeps many jobs that failed together from coming back together.
 */
export function nextStep(
  job: Pick<Job, 'retries' | 'infraRetries' | 'cancelRequestedAt'>,
  outcomes: readonly Outcome[],
  spread: number,
): NextStep {
  const last = outcomes.at(-1);
  if (last === undefined || last === 'succeeded') return { kind: 'final', state: 'succeeded' };
  if (last === 'cancelled' || job.cancelRequestedAt !== null) return { kind: 'final', state: 'cancelled' };
  const budget = budgets[last];
  const used = outcomes.filter((outcome) => budgets[outcome] === budget).length;
  if (budget === null || used > job[budget]) return { kind: 'final', state: 'failed' };
  const delay = Math.min(LONGEST_BACKOFF_MS, BACKOFF_MS * 2 ** Math.min(16, used - 1));
  return { kind: 'retry', delayMs: Math.round(delay * (0.5 + spread / 2)) };
}
