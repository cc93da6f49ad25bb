import { type Static, Type } from 'typebox';
import type { Backtest } from './backtest-policy.ts';
import type { Check } from './check.store.ts';
import type { Firing } from './firing.ts';
import { PolicyDeclaration, toPolicyDeclaration } from './policy.schema.ts';
import { NAME_PATTERN, type StoredPolicy } from './policy.ts';

export const NameParams = Type.Object({ name: Type.String({ pattern: NAME_PATTERN }) });
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);
const Time = Type.Integer({ description: 'Milliseconds since the epoch, the clock of the server.' });
const EventTime = Nullable(Type.Integer({ description: 'Milliseconds since the epoch, event time.' }));
const Text = Type.String();

export const PolicyView = Type.Object({
  name: Text,
  version: Type.Integer({ description: 'Grows by one with each change.' }),
  paused: Nullable(Type.Object({ reason: Text, by: Text, at: Time })),
  policy: PolicyDeclaration,
  changed_at: Time,
  changed_by: Text,
});

export function toPolicyView(stored: StoredPolicy): Static<typeof PolicyView> {
  const { policy, version, paused, changedAt, changedBy } = stored;
  return {
    ...{ name: policy.name, version, paused, policy: toPolicyDeclaration(policy) },
    ...{ changed_at: changedAt, changed_by: changedBy },
  };
}

export const FiringView = Type.Object({
  id: Text,
  policy: Text,
  policy_version: Type.Integer(),
  number: Type.Integer({ description: '1, 2, … of its policy.' }),
  endpoint: Text,
  state: Type.String({ description: 'fired, freezing, training, registering, evaluating, rolling_out or done.' }),
  because: Type.Array(Text, { description: 'The triggers that were met.' }),
  alerts: Type.Array(Text),
  event_time: EventTime,
  matured_until: EventTime,
  as_of: Nullable(Time),
  training: Nullable(Type.String({ description: 'dataset:flights@7' })),
  trained_until: EventTime,
  new_rows: Nullable(Type.Integer({ description: 'Captured rows that the firing before did not have.' })),
  holdout: Nullable(Text),
  holdout_rows: Nullable(Type.Integer()),
  job: Nullable(Text),
  version: Nullable(Text),
  champion: Nullable(Text),
  decision: Nullable(Text),
  rollout: Nullable(Text),
  outcome: Nullable(Type.String({ description: 'promoted, not_better, invalid, aborted or failed.' })),
  summary: Nullable(Text),
  next: Nullable(Text),
  progress: Nullable(Text),
  actor: Text,
  cause: Nullable(Text),
  created_at: Time,
  changed_at: Time,
  ended_at: Nullable(Time),
});

export function toFiringView(firing: Firing): Static<typeof FiringView> {
  const { frozen, met } = firing;
  return {
    ...{ id: firing.id, policy: firing.policy, policy_version: firing.policyVersion, number: firing.number },
    ...{ endpoint: firing.endpoint, state: firing.state, because: met.map(({ text }) => text) },
    alerts: met.flatMap(({ ref }) => ref ?? []),
    ...{ event_time: firing.eventTime, matured_until: firing.maturedUntil, as_of: firing.asOf },
    ...{ training: firing.training, trained_until: frozen?.trainedUntil ?? null, new_rows: frozen?.newRows ?? null },
    ...{ holdout: firing.holdout, holdout_rows: frozen?.holdout?.rows ?? null },
    job: firing.job && `job:${firing.job}`,
    ...{ version: firing.version, champion: firing.champion },
    decision: firing.decision && `decision:${firing.decision}`,
    rollout: firing.rollout && `rollout:${firing.rollout}`,
    ...{ outcome: firing.outcome, summary: firing.summary, next: firing.nextStep, progress: firing.progress },
    ...{ actor: firing.actor, cause: firing.cause },
    ...{ created_at: firing.createdAt, changed_at: firing.changedAt, ended_at: firing.endedAt },
  };
}

export const CheckView = Type.Object({
  id: Text,
  policy_version: Type.Integer(),
  verdict: Type.String({ description: 'fire, hold, idle or pause.' }),
  summary: Text,
  reasons: Type.Array(Text),
  firing: Nullable(Text),
  times: Type.Integer({ description: 'So often in a row, for the same reason.' }),
  first_at: Time,
  last_at: Time,
  first_event_time: EventTime,
  last_event_time: EventTime,
  first_occasion: Text,
  last_occasion: Text,
  first_cause: Nullable(Text),
  last_cause: Nullable(Text),
});

export function toCheckView(check: Check): Static<typeof CheckView> {
  return {
    ...{ id: check.id, policy_version: check.policyVersion, verdict: check.kind, summary: check.summary },
    ...{ reasons: [...check.reasons], firing: check.firing && `firing:${check.firing}`, times: check.times },
    ...{ first_at: check.firstAt, last_at: check.lastAt },
    ...{ first_event_time: check.firstEventTime, last_event_time: check.lastEventTime },
    ...{ first_occasion: check.firstOccasion, last_occasion: check.lastOccasion },
    ...{ first_cause: check.firstCause, last_cause: check.lastCause },
  };
}

export const BacktestView = Type.Object({
  policy: Text,
  endpoint: Text,
  events: Type.Integer(),
  checks: Type.Object({ fire: Type.Integer(), hold: Type.Integer(), idle: Type.Integer(), pause: Type.Integer() }),
  moments: Type.Array(
    Type.Object({
      verdict: Type.String({ description: 'fire, hold, idle or pause.' }),
      summary: Text,
      times: Type.Integer({ description: 'So often in a row, for the same reason.' }),
      first_event_time: EventTime,
      last_event_time: EventTime,
      occasion: Text,
      cause: Text,
      really: Nullable(Type.Object({ firing: Text, number: Type.Integer(), outcome: Nullable(Text) })),
    }),
  ),
  missed: Type.Array(Type.Object({ firing: Text, number: Type.Integer() }), {
    description: 'Firings that really took place, and that it would not have started.',
  }),
});

export function toBacktestView({ moments, missed, ...same }: Backtest): Static<typeof BacktestView> {
  return {
    ...same,
    missed: [...missed],
    moments: moments.map(({ kind, summary, times, firstEventTime, lastEventTime, occasion, cause, really }) => ({
      ...{ verdict: kind, summary, times, first_event_time: firstEventTime, last_event_time: lastEventTime },
      ...{ occasion, cause, really },
    })),
  };
}
