import { type Static, Type } from 'typebox';

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

const clock = Type.Union([Type.Literal('recorded'), Type.Literal('event')], {
  default: 'recorded',
  description: '`recorded`: the server’s clock; `event`: when it happened in the users’ world.',
});

export const TimelineQuery = Type.Object(
  {
    endpoint: Type.Optional(Type.String({ maxLength: 100, description: 'All that belongs to it.' })),
    subject: Type.Optional(Type.String({ maxLength: 500, description: 'Only what happened to this: `job:ID`.' })),
    types: Type.Optional(
      Type.String({ maxLength: 1_000, description: 'Only these, by comma: `alert.opened,rollout.promoted`.' }),
    ),
    since: Type.Optional(Type.Integer({ description: 'Milliseconds since the epoch on the clock, included.' })),
    until: Type.Optional(Type.Integer({ description: 'Milliseconds since the epoch on the clock, not included.' })),
    clock,
    order: Type.Union([Type.Literal('newest'), Type.Literal('oldest')], {
      default: 'newest',
      description: 'What comes first.',
    }),
    all: Type.Boolean({
      default: false,
      description: 'Also what happens all the time: predictions and labels that were stored.',
    }),
    after: Type.Optional(
      Type.String({
        maxLength: 50,
        pattern: '^-?\\d{1,16}\\.\\d{1,16}$',
        description: 'The `next` of the page before.',
      }),
    ),
    limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 50 }),
  },
  { additionalProperties: false },
);

const Cause = Type.Object({
  ref: Type.String({ description: 'Id of an event, `request:ID`, or what did it.' }),
  type: Nullable(Type.String({ description: 'When it is an event.' })),
  subject: Nullable(Type.String()),
  text: Nullable(Type.String({ description: '`alert 5e6f7a8b opened`; null when it says nothing to a person.' })),
});

export const TimelineEvent = Type.Object({
  seq: Type.Integer(),
  id: Type.String(),
  type: Type.String(),
  subject: Type.String(),
  endpoint: Nullable(Type.String()),
  actor: Type.String(),
  recorded_at: Type.Integer({ description: 'Milliseconds since the epoch, the server’s clock.' }),
  event_time: Type.Integer({ description: 'Milliseconds since the epoch, the users’ world.' }),
  text: Type.String({ description: 'One sentence.' }),
  cause: Nullable(Cause),
  data: Type.Record(Type.String(), Type.Unknown()),
});

export const TimelinePage = Type.Object({
  events: Type.Array(TimelineEvent),
  next: Nullable(
    Type.String({ description: 'What to pass as `after`; null at the end. A page may be short and have a next one.' }),
  ),
});

export const ServingQuery = Type.Object(
  { at: Type.Integer({ description: 'Milliseconds since the epoch on the clock.' }), clock },
  { additionalProperties: false },
);

const Share = Type.Object({
  deployment: Type.String(),
  version: Nullable(Type.String({ description: '`version:flights/4`; null when the deployment is gone.' })),
  share: Type.Number({ description: 'Percent of the traffic.' }),
  stable: Type.Boolean(),
});

const Answered = Type.Object({
  version: Type.String(),
  deployment: Type.String(),
  predictions: Type.Integer({ description: 'Requests that were looked at, with an event time near the moment.' }),
  nearest: Type.Integer({ description: 'Event time of the nearest of them.' }),
  example: Type.String({ description: 'The nearest: `prediction:ID`.' }),
});

export const ServingAt = Type.Object({
  endpoint: Type.String(),
  at: Type.Integer(),
  clock: Type.Union([Type.Literal('recorded'), Type.Literal('event')]),
  text: Type.String({ description: 'One sentence.' }),
  stable: Nullable(Type.String({ description: '`version:flights/4`; of the event clock: what answered most.' })),
  traffic: Type.Array(Share, { description: 'Of the recorded clock: the split at that moment.' }),
  since: Nullable(Type.Integer({ description: 'When the stable version took over, the server’s clock.' })),
  decision: Nullable(Type.String({ description: '`decision:ID` on which it did.' })),
  rollout: Nullable(Type.String({ description: '`rollout:ID` that brought it.' })),
  decided_by: Nullable(Type.String({ description: 'Who or what moved the traffic last.' })),
  answered: Type.Array(Answered, { description: 'Of the event clock: what answered around that moment, most first.' }),
});

export type TimelineEvent = Static<typeof TimelineEvent>;
export type TimelinePage = Static<typeof TimelinePage>;
export type TimelineQuery = Static<typeof TimelineQuery>;
export type ServingAt = Static<typeof ServingAt>;
