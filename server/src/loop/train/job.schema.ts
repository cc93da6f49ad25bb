import { type Static, Type } from 'typebox';
import { type Attempt, INPUT_NAME_PATTERN, type Job, NAME_PATTERN } from './job.ts';
import { Sha256 } from './snapshot.schema.ts';

const Word = Type.String({ maxLength: 32_768, pattern: '^[^\\u0000]*$' });
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);
const Time = Type.Integer({ description: 'Milliseconds since the epoch.' });

const Git = Type.Object(
  {
    sha: Type.String({ pattern: '^[0-9a-f]{40,64}$' }),
    branch: Nullable(Type.String({ maxLength: 500 })),
    dirty: Type.Boolean(),
    diff: Nullable(Sha256),
  },
  { additionalProperties: false },
);

export const Inputs = Type.Record(Type.String({ pattern: INPUT_NAME_PATTERN }), Type.String({ maxLength: 300 }), {
  additionalProperties: false,
  maxProperties: 100,
  description: 'Name → reference of a dataset version.',
});

export const NewJob = Type.Object(
  {
    name: Type.Optional(Type.String({ pattern: NAME_PATTERN })),
    experiment: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
    command: Type.Array(Word, { minItems: 1, maxItems: 1_000 }),
    snapshot: Sha256,
    requirements: Type.Optional(Type.String({ minLength: 1, maxLength: 1_024 })),
    inputs: Type.Optional(Inputs),
    git: Type.Optional(Git),
    retries: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    infra_retries: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    time_limit_seconds: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 10_000_000 })),
    grace_seconds: Type.Optional(Type.Number({ minimum: 0, maximum: 3_600 })),
  },
  { additionalProperties: false },
);

const JobStateName = Type.Union([
  Type.Literal('queued'),
  Type.Literal('running'),
  Type.Literal('succeeded'),
  Type.Literal('failed'),
  Type.Literal('cancelled'),
]);

export const AttemptResponse = Type.Object({
  number: Type.Integer(),
  state: Type.String({ description: 'waiting, preparing, running or ended.' }),
  run: Nullable(Type.String({ description: 'Id of its MLflow run.' })),
  environment: Nullable(Type.String()),
  outcome: Nullable(Type.String({ description: 'succeeded, user, oom, infra, timeout, cancelled or lost.' })),
  exit_code: Nullable(Type.Integer()),
  signal: Nullable(Type.String()),
  reason: Nullable(Type.String()),
  golden: Type.Unknown({ description: 'What the recorder of golden requests reported.' }),
  not_before: Time,
  created_at: Time,
  started_at: Nullable(Time),
  ended_at: Nullable(Time),
});

export const JobResponse = Type.Object({
  id: Type.String(),
  name: Type.String(),
  experiment: Type.String(),
  command: Type.Array(Type.String()),
  snapshot: Sha256,
  requirements: Nullable(Type.String()),
  inputs: Type.Array(
    Type.Object({ name: Type.String(), dataset: Type.String(), number: Type.Integer(), version: Sha256 }),
  ),
  git: Nullable(Git),
  retries: Type.Integer(),
  infra_retries: Type.Integer(),
  time_limit_seconds: Nullable(Type.Number()),
  grace_seconds: Type.Number(),
  state: JobStateName,
  reason: Nullable(Type.String()),
  run: Nullable(Type.String({ description: 'The MLflow run of its last attempt.' })),
  cancel_requested_at: Nullable(Time),
  created_at: Time,
  created_by: Type.String(),
  cause: Nullable(Type.String()),
  finished_at: Nullable(Time),
});

export const JobDetail = Type.Object({ ...JobResponse.properties, attempts: Type.Array(AttemptResponse) });

export const JobPage = Type.Object({
  jobs: Type.Array(JobResponse),
  next: Nullable(Type.String({ description: 'Give it as `before` for the next page.' })),
});

export const JobQuery = Type.Object({
  state: Type.Optional(Type.Array(JobStateName)),
  before: Type.Optional(Type.String()),
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 50 }),
});

export const LogQueryString = Type.Object({
  attempt: Type.Optional(Type.Integer({ minimum: 1, description: 'Default: the last one.' })),
  offset: Type.Integer({ minimum: 0, default: 0 }),
  limit: Type.Integer({ minimum: 1, maximum: 8 * 1024 * 1024, default: 1024 * 1024 }),
  wait: Type.Number({ minimum: 0, maximum: 30, default: 0, description: 'Seconds to wait for new bytes.' }),
});

export function toAttemptResponse(attempt: Attempt): Static<typeof AttemptResponse> {
  return {
    number: attempt.number,
    state: attempt.state,
    run: attempt.run,
    environment: attempt.environment,
    outcome: attempt.outcome,
    exit_code: attempt.exitCode,
    signal: attempt.signal,
    reason: attempt.reason,
    golden: attempt.golden,
    not_before: attempt.notBefore,
    created_at: attempt.createdAt,
    started_at: attempt.startedAt,
    ended_at: attempt.endedAt,
  };
}

export function toJobResponse(job: Job, last: Attempt | undefined): Static<typeof JobResponse> {
  return {
    id: job.id,
    name: job.name,
    experiment: job.experiment,
    command: [...job.command],
    snapshot: job.snapshot,
    requirements: job.requirements,
    inputs: [...job.inputs],
    git: job.git,
    retries: job.retries,
    infra_retries: job.infraRetries,
    time_limit_seconds: job.timeLimitMs === null ? null : job.timeLimitMs / 1000,
    grace_seconds: job.graceMs / 1000,
    state: job.state,
    reason: job.reason,
    run: last?.run ?? null,
    cancel_requested_at: job.cancelRequestedAt,
    created_at: job.createdAt,
    created_by: job.createdBy,
    cause: job.cause,
    finished_at: job.finishedAt,
  };
}

export function toJobDetail(job: Job, attempts: readonly Attempt[]): Static<typeof JobDetail> {
  return { ...toJobResponse(job, attempts.at(-1)), attempts: attempts.map(toAttemptResponse) };
}
