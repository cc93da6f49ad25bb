import { Type } from 'typebox';
import type { Delivery, Webhook } from './webhook.ts';

const Time = Type.Integer({ description: 'Milliseconds since the epoch.' });
const MaybeTime = Type.Union([Time, Type.Null()]);
const Pattern = Type.String({
  maxLength: 100,
  pattern: '^(\\*|[a-z][a-z_]*(\\.[a-z_]+)*(\\.\\*)?)$',
  description: 'A type of event like `alert.opened`, a group like `alert.*`, or `*` for all but what is routine.',
});

export const WebhookBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100, pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' }),
    url: Type.String({ minLength: 1, maxLength: 2_000 }),
    events: Type.Array(Pattern, { minItems: 1, maxItems: 50 }),
  },
  { additionalProperties: false },
);

export const WebhookSwitch = Type.Object({ active: Type.Boolean() }, { additionalProperties: false });

const fields = {
  name: Type.String(),
  url: Type.String(),
  events: Type.Array(Type.String()),
  active: Type.Boolean({ description: 'False: it is told nothing; somebody paused it, or its receiver answered 410.' }),
  created_at: Time,
  created_by: Type.String(),
};

export const WebhookView = Type.Object(fields);
export const CreatedWebhook = Type.Object({
  ...fields,
  secret: Type.String({ description: 'Signs what is sent (Standard Webhooks, v1). Shown this once.' }),
});
export const WebhookList = Type.Object({ webhooks: Type.Array(WebhookView) });

const State = Type.Union([Type.Literal('pending'), Type.Literal('delivered'), Type.Literal('dead')]);

export const DeliveryView = Type.Object({
  id: Type.String(),
  event: Type.String({ description: 'Id of the event; the receiver sees it as `webhook-id` and `id`.' }),
  type: Type.String(),
  state: State,
  attempts: Type.Integer(),
  next_at: MaybeTime,
  status: Type.Union([Type.Integer({ description: 'Of the last answer.' }), Type.Null()]),
  error: Type.Union([Type.String(), Type.Null()]),
  created_at: Time,
  finished_at: MaybeTime,
});
export const DeliveryPage = Type.Object({
  deliveries: Type.Array(DeliveryView),
  next: Type.Union([Type.String({ description: '`before` of the next page.' }), Type.Null()]),
});

export const WebhookParams = Type.Object({ name: Type.String({ maxLength: 100 }) });
export const DeliveryParams = Type.Object({
  name: Type.String({ maxLength: 100 }),
  delivery: Type.String({ maxLength: 100 }),
});
export const DeliveryQuery = Type.Object({
  state: Type.Optional(State),
  before: Type.Optional(Type.String({ maxLength: 100 })),
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 50 }),
});

export function toWebhookView({ name, url, events, active, createdAt, createdBy }: Webhook) {
  return { name, url, events: [...events], active, created_at: createdAt, created_by: createdBy };
}

export function toDeliveryView(delivery: Delivery) {
  const { id, event, type, state, attempts, nextAt, status, error, createdAt, finishedAt } = delivery;
  return {
    ...{ id, event, type, state, attempts, next_at: nextAt, status, error },
    ...{ created_at: createdAt, finished_at: finishedAt },
  };
}
