import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { NameParams } from './policy.view.ts';
import { receiveWebhook, renewWebhookSecret } from './webhook.ts';

const tags = ['policies'];
const BODY_LIMIT = 64 * 1024;

export function webhookRoutes(app: App, context: Pick<Context, 'db' | 'clock'>): void {
  app.post(
    '/api/v1/policies/:name/webhook-secret',
    {
      schema: {
        tags,
        operationId: 'renewWebhookSecret',
        summary: 'A new secret for the webhook of a policy, shown this once; the one before is refused from now on.',
        params: NameParams,
        response: { 201: Type.Object({ secret: Type.String(), header: Type.String() }) },
      },
    },
    async ({ params: { name }, principal, id }, reply) => {
      const secret = await renewWebhookSecret(context, { name, actor: principal.name, cause: `request:${id}` });
      return reply.code(201).send({ secret, header: 'Bucle-Webhook-Secret' });
    },
  );
  app.post(
    '/api/v1/policies/:name/webhook',
    {
      bodyLimit: BODY_LIMIT,
      // Its own secret opens it, and nothing else.
      config: { scope: 'none' },
      schema: {
        tags,
        operationId: 'callPolicyWebhook',
        summary: 'Asks a policy with a webhook trigger to fire; it decides a moment later, and says why or why not.',
        params: NameParams,
        headers: Type.Object({ 'bucle-webhook-secret': Type.Optional(Type.String({ maxLength: 200 })) }),
        response: { 202: Type.Object({ event: Type.String() }) },
      },
    },
    async ({ params: { name }, headers, id }, reply) => {
      const secret = headers['bucle-webhook-secret'];
      return reply.code(202).send({ event: await receiveWebhook(context, { name, secret, cause: `request:${id}` }) });
    },
  );
}
