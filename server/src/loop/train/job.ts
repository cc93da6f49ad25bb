/** Every row of this server belongs to one workspace; there is one for now. */
export const WORKSPACE = 'default';

/** What was asked for. `queued` until its first attempt starts; the last three are final. */
export type JobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** One execution of a job. `waiting` for a slot or for its time, `ended` is final. */
export type AttemptState = 'waiting' | 'preparing' | 'running' | 'ended';

/**
 * How an attempt ended: by itself with success, by a failure of the code (`user`), of memory, of the machine
 * or its services (`infra`), over its time, by a person, or unknown to anybody (`lost`).
 */
export type Outcome = 'succeeded' | 'user' | 'oom' | 'infra' | 'timeout' | 'cancelled' | 'lost';

/** Where the code came from. */
export interface GitState {
  readonly sha: string;
  readonly branch: string | null;
  /** True when the snapshot differs from the commit. */
  readonly dirty: boolean;
  /** SHA-256 of the stored diff against the commit; `null` when there is none. */
  readonly diff: string | null;
}

/** A dataset version that a job reads, under the name by which its code knows it. */
export interface JobInput {
  readonly name: string;
  readonly dataset: string;
  readonly number: number;
  /** Id of the version. */
  readonly version: string;
}

export interface Job {
  readonly id: string;
  readonly name: string;
  readonly experiment: string;
  readonly command: readonly string[];
  /** Id of the snapshot. */
  readonly snapshot: string;
  /** Path of the requirements file in the snapshot; `null`: the lock that is found there. */
  readonly requirements: string | null;
  readonly inputs: readonly JobInput[];
  readonly git: GitState | null;
  /** How often a failure of the code is tried again. */
  readonly retries: number;
  /** How often a failure of the machine is tried again. */
  readonly infraRetries: number;
  readonly timeLimitMs: number | null;
  readonly graceMs: number;
  readonly state: JobState;
  readonly reason: string | null;
  readonly cancelRequestedAt: number | null;
  /** Milliseconds since the epoch, the server's clock. */
  readonly createdAt: number;
  readonly createdBy: string;
  readonly cause: string | null;
  readonly finishedAt: number | null;
}

export interface Attempt {
  readonly job: string;
  /** 1, 2, … */
  readonly number: number;
  readonly state: AttemptState;
  /** The attempt's own MLflow run; `null` before it starts. */
  readonly run: string | null;
  /** Which data folder its runner works in. */
  readonly host: string | null;
  /** Id of the environment; `null` before it is known, or when there is none. */
  readonly environment: string | null;
  readonly outcome: Outcome | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly reason: string | null;
  /** What the recorder of golden requests reported. */
  readonly golden: unknown;
  /** It does not start before. */
  readonly notBefore: number;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Size of the stored log; `null` while it is still on the machine of the runner. */
  readonly logBytes: number | null;
}

export const NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$';
export const INPUT_NAME_PATTERN = '^[A-Za-z][A-Za-z0-9_-]{0,63}$';

export function isFinal(state: JobState): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}

/** The variable that tells the code where an input lies: `flights-2013` → `BUCLE_INPUT_FLIGHTS_2013`. */
export function inputVariable(name: string): string {
  return `BUCLE_INPUT_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** What a job is called when nobody says: its script, or its program. */
export function defaultName(command: readonly string[]): string {
  const words = command.map((word) => word.split('/').at(-1) ?? word);
  const script = words.find((word) => /\.(py|sh|R|jl|ts|js)$/.test(word)) ?? words[0] ?? 'job';
  const name = script.replace(/\.\w+$/, '').replace(/[^A-Za-z0-9 ._-]/g, '-');
  return new RegExp(NAME_PATTERN).test(name) ? name : 'job';
}
