import { type Static, Type } from 'typebox';
import { Name, Nullable, strict } from '../declaration.schema.ts';
import { candidateShare, defaultGuards, type RolloutPlan, type Rollout as RolloutRow, rolloutRef } from './rollout.ts';

export const RolloutParams = Type.Object({ id: Type.String({ maxLength: 100 }) });
export const RolloutQuery = Type.Object(
  {
    before: Type.Optional(Type.String({ maxLength: 100, description: 'The last id of the page before.' })),
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
  },
  strict,
);

const Step = Type.Object(
  {
    percent: Type.Number({ exclusiveMinimum: 0, maximum: 100 }),
    min_seconds: Type.Number({ minimum: 0, maximum: 10_000_000, description: 'Of the server’s clock.' }),
    min_requests: Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: 'That the candidate answered.' }),
  },
  strict,
);
const Tolerate = Type.Number({ minimum: 1, maximum: 100, description: 'Times the baseline’s rate.' });

const Guards = Type.Object(
  {
    errors: Nullable(Type.Object({ tolerate: Tolerate }, strict)),
    refusals: Nullable(Type.Object({ tolerate: Tolerate }, strict)),
    latency: Nullable(
      Type.Object({ tolerate: Tolerate, floor_ms: Type.Number({ minimum: 0, maximum: 3_600_000 }) }, strict),
    ),
    predictions: Nullable(Type.Object({ tolerate: Tolerate }, strict)),
    outage: Nullable(Type.Object({ faults: Type.Integer({ minimum: 1, maximum: 1_000_000 }) }, strict)),
  },
  strict,
);

export const Plan = Type.Object(
  {
    steps: Type.Array(Step, { minItems: 1, maxItems: 100 }),
    guards: Type.Optional(Type.Partial(Guards, strict)),
    max_seconds: Type.Optional(Nullable(Type.Number({ exclusiveMinimum: 0 }))),
  },
  { ...strict, description: 'Guards that are left out are the default ones; null switches one off.' },
);

export const NewRollout = Type.Object(
  {
    version: Type.String({ minLength: 1, maxLength: 500, description: '`flights/4` or `flights@champion`.' }),
    decision: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'One that promotes it.' })),
    reason: Type.Optional(
      Type.String({ minLength: 1, maxLength: 2_000, description: 'Instead of a decision: kept as an override.' }),
    ),
    engine: Type.Optional(Type.Union([Type.Literal('auto'), Type.Literal('onnx'), Type.Literal('python')])),
    plan: Type.Optional(Plan),
    key: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'The same again is the same rollout.' }),
    ),
  },
  strict,
);

export const ReasonBody = Type.Object({ reason: Type.String({ minLength: 1, maxLength: 2_000 }) }, strict);

const Both = Type.Object({ canary: Type.Integer(), baseline: Type.Integer() });

export const Rollout = Type.Object({
  ref: Type.String({ description: '`rollout:ID`' }),
  id: Type.String(),
  endpoint: Type.String(),
  version: Type.String({ description: '`version:flights/4`' }),
  candidate: Type.String({ description: 'Deployment.' }),
  previous: Nullable(Type.String({ description: 'Deployment that held stable traffic before.' })),
  decision: Type.String(),
  state: Type.String({ description: 'parity, canary, promoting, promoted, aborting, aborted or undone.' }),
  open: Type.Boolean(),
  step: Type.Integer({ description: 'Index in the plan’s steps; -1 before the first.' }),
  percent: Type.Number({ description: 'That the candidate shall have.' }),
  held: Nullable(Type.Object({ kind: Type.String(), text: Type.String() })),
  reason: Nullable(Type.String({ description: 'Why it ended other than by its plan.' })),
  waived: Type.Array(Type.String(), { description: 'Guards that a person overruled.' }),
  plan: Type.Object({ steps: Type.Array(Step), guards: Guards, max_seconds: Nullable(Type.Number()) }),
  requests: Type.Object({ canary: Type.Integer(), baseline: Type.Integer() }, { description: 'Of this step.' }),
  answered: Type.Object(
    { canary: Type.Integer(), baseline: Type.Integer() },
    { description: 'Requests of all steps.' },
  ),
  faults: Both,
  guards: Type.Record(Type.String(), Type.String(), { description: 'What each guard says.' }),
  actor: Type.String(),
  created_at: Type.Integer({ description: 'Milliseconds since the epoch.' }),
  entered_at: Type.Integer({ description: 'When this step began.' }),
  changed_at: Type.Integer(),
  ended_at: Nullable(Type.Integer()),
});

export const RolloutPage = Type.Object({ rollouts: Type.Array(Rollout), next: Nullable(Type.String()) });
export const EndpointParams = Type.Object({ name: Name });

export function toPlan({ steps, guards = {}, max_seconds = null }: Static<typeof Plan>): RolloutPlan {
  const { latency, ...same } = guards;
  return {
    steps: steps.map(({ percent, min_seconds, min_requests }) => ({
      ...{ percent, minSeconds: min_seconds, minRequests: min_requests },
    })),
    guards: {
      ...defaultGuards,
      ...same,
      ...(latency === undefined
        ? {}
        : { latency: latency && { tolerate: latency.tolerate, floorMs: latency.floor_ms } }),
    },
    maxSeconds: max_seconds,
  };
}

export function toRolloutResponse(rollout: RolloutRow): Static<typeof Rollout> {
  const { id, endpoint, version, candidate, previous, decision, state, step, held, reason, evidence, actor } = rollout;
  return {
    ...{ ref: rolloutRef(rollout), id, endpoint, version, candidate, previous, decision, state, step, held, reason },
    open: rollout.endedAt === null,
    percent: candidateShare(rollout),
    waived: [...rollout.waived],
    plan: fromPlan(rollout.plan),
    requests: { ...evidence.requests },
    answered: { ...evidence.answered },
    faults: { ...evidence.faults },
    guards: { ...evidence.says },
    actor,
    ...{ created_at: rollout.createdAt, entered_at: rollout.enteredAt, changed_at: rollout.changedAt },
    ended_at: rollout.endedAt,
  };
}

function fromPlan({ steps, guards, maxSeconds }: RolloutPlan): Static<typeof Rollout>['plan'] {
  const { latency, ...same } = guards;
  return {
    steps: steps.map(({ percent, minSeconds, minRequests }) => ({
      ...{ percent, min_seconds: minSeconds, min_requests: minRequests },
    })),
    guards: { ...same, latency: latency && { tolerate: latency.tolerate, floor_ms: latency.floorMs } },
    max_seconds: maxSeconds,
  };
}
