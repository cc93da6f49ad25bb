import { type Static, Type } from 'typebox';
import { type Alert, alertRef, alertStates } from './alert.ts';
import { Moment, Nullable } from './monitor.schema.ts';
import { signals } from './signal.ts';
import { windowRef } from './window.ts';

const strict = { additionalProperties: false } as const;
const State = Type.Enum([...alertStates]);
const SignalName = Type.Enum([...signals]);

export const AlertParams = Type.Object({ id: Type.String({ maxLength: 60 }) });

export const AlertQuery = Type.Object(
  {
    endpoint: Type.Optional(Type.String({ maxLength: 100 })),
    signal: Type.Optional(SignalName),
    state: Type.Optional(State),
    before: Type.Optional(Type.String({ maxLength: 60, description: 'Id; only older ones.' })),
    limit: Type.Integer({ minimum: 1, maximum: 500, default: 50 }),
  },
  strict,
);

export const Acknowledgement = Type.Object({ reason: Type.Optional(Type.String({ maxLength: 2_000 })) }, strict);

export const AlertView = Type.Object({
  ref: Type.String({ description: '`alert:ID`' }),
  id: Type.String(),
  endpoint: Type.String(),
  signal: SignalName,
  state: State,
  features: Type.Array(Type.String()),
  version: Nullable(Type.String()),
  summary: Type.String(),
  first_window: Type.String({ description: 'Window that opened it.' }),
  last_window: Type.String({ description: 'Last one that alarmed.' }),
  opened_at: Moment,
  ended_at: Nullable(Moment),
  ended_by: Nullable(Type.String()),
  reason: Nullable(Type.String({ description: 'Why it ended.' })),
});

const Spent = Type.Object({
  signal: SignalName,
  opened: Type.Integer({ description: 'Alerts that were opened in the last year of event time.' }),
  false_alarms_per_year: Type.Number({ description: 'How many of them the budget allows while nothing changes.' }),
  alpha: Nullable(Type.Number({ description: 'Level of one test.' })),
});

export const AlertPage = Type.Object({ alerts: Type.Array(AlertView), next: Nullable(Type.String()) });

export const BudgetView = Type.Object({
  endpoint: Type.String(),
  false_alarms_per_year: Type.Number(),
  features: Type.Integer(),
  signals: Type.Array(Spent),
});

export function toAlertView(alert: Alert): Static<typeof AlertView> {
  const { id, endpoint, signal, state, features, version, summary } = alert;
  return {
    ref: alertRef(alert),
    ...{ id, endpoint, signal, state, features: [...features], version, summary },
    first_window: windowRef(endpoint, alert.firstWindow),
    last_window: windowRef(endpoint, alert.lastWindow),
    ...{ opened_at: alert.openedAt, ended_at: alert.endedAt, ended_by: alert.endedBy, reason: alert.reason },
  };
}
