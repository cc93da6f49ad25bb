import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import type { App } from '../http/create-http.ts';
import { removeWebhook, requireWebhook, switchWebhook } from './change-webhook.ts';
import { createWebhook } from './create-webhook.ts';
import { listDeliveries } from './delivery.store.ts';
import type { Network } from './network.ts';
import { requestTest, retryDelivery } from './request-delivery.ts';
import {
  CreatedWebhook,
  DeliveryPage,
  DeliveryParams,
  DeliveryQuery,
  DeliveryView,
  toDeliveryView,
  toWebhookView,
  WebhookBody,
  WebhookList,
  WebhookParams,
  WebhookSwitch,
  WebhookView,
} from './webhook.schema.ts';
import { listWebhooks } from './webhook.store.ts';

type Parts = Pick<Context, 'db' | 'clock' | 'config' | 'jobs'>;

const tags = ['webhooks'];
const config = { scope: 'admin' } as const;

/** Webhooks: make, list, pause, remove, and what became of each delivery; only for admins. */
export function webhookRoutes(app: App, parts: Parts, network: Pick<Network, 'resolve'>): void {
  app.post(
    '/api/v1/webhooks',
    {
      config,
      schema: {
        tags,
        operationId: 'createWebhook',
        summary: 'Tells a URL of events from now on, as signed CloudEvents.',
        body: WebhookBody,
        response: { 201: CreatedWebhook },
      },
    },
    async ({ body, principal, id }, reply) => {
      const because = { actor: principal.name, cause: `request:${id}` };
      const webhook = await createWebhook(parts, { ...body, ...because }, network);
      return reply.code(201).send({ ...toWebhookView(webhook), secret: webhook.secret });
    },
  );
  app.get(
    '/api/v1/webhooks',
    { config, schema: { tags, operationId: 'listWebhooks', response: { 200: WebhookList } } },
    async () => ({ webhooks: (await listWebhooks(parts.db.read)).map(toWebhookView) }),
  );
  app.patch(
    '/api/v1/webhooks/:name',
    {
      config,
      schema: {
        tags,
        operationId: 'switchWebhook',
        summary: 'Pauses a webhook, or lets it go on; what happens meanwhile is not told later.',
        params: WebhookParams,
        body: WebhookSwitch,
        response: { 200: WebhookView },
      },
    },
    async ({ params: { name }, body: { active }, principal, id }) =>
      toWebhookView(await switchWebhook(parts, { name, active, actor: principal.name, cause: `request:${id}` })),
  );
  app.delete(
    '/api/v1/webhooks/:name',
    {
      config,
      schema: {
        tags,
        operationId: 'removeWebhook',
        summary: 'Removes a webhook and the list of its deliveries.',
        params: WebhookParams,
        response: { 204: Type.Null() },
      },
    },
    async ({ params: { name }, principal, id }, reply) => {
      await removeWebhook(parts, { name, actor: principal.name, cause: `request:${id}` });
      return reply.code(204).send(null);
    },
  );
  deliveryRoutes(app, parts);
}

function deliveryRoutes(app: App, parts: Parts): void {
  app.post(
    '/api/v1/webhooks/:name/test',
    {
      config,
      schema: {
        tags,
        operationId: 'testWebhook',
        summary: 'Sends an event of type webhook.tested; the list of deliveries tells what became of it.',
        params: WebhookParams,
        response: { 202: DeliveryView },
      },
    },
    async ({ params: { name }, principal, id }, reply) => {
      const delivery = await requestTest(parts, { name, actor: principal.name, cause: `request:${id}` });
      return reply.code(202).send(toDeliveryView(delivery));
    },
  );
  app.get(
    '/api/v1/webhooks/:name/deliveries',
    {
      config,
      schema: {
        tags,
        operationId: 'listWebhookDeliveries',
        summary: 'What was sent, or is to be, newest first. What arrived is listed for 30 days, the rest for good.',
        params: WebhookParams,
        querystring: DeliveryQuery,
        response: { 200: DeliveryPage },
      },
    },
    async ({ params: { name }, query: { state = null, before = null, limit } }) => {
      const { id: webhook } = await requireWebhook(parts, name);
      const deliveries = await listDeliveries(parts.db.read, { webhook, state, before, limit });
      const next = deliveries.length < limit ? null : (deliveries.at(-1)?.id ?? null);
      return { deliveries: deliveries.map(toDeliveryView), next };
    },
  );
  app.post(
    '/api/v1/webhooks/:name/deliveries/:delivery/retry',
    {
      config,
      schema: {
        tags,
        operationId: 'retryWebhookDelivery',
        summary: 'Sends the same message once more, from now on, whatever became of it.',
        params: DeliveryParams,
        response: { 202: DeliveryView },
      },
    },
    async ({ params }, reply) => reply.code(202).send(toDeliveryView(await retryDelivery(parts, params))),
  );
}
