import { Type } from 'typebox';
import type { Context } from '../context.ts';
import type { App } from '../platform/http/create-http.ts';
import { version } from '../version.ts';

const Status = Type.Object({
  version: Type.String(),
  database: Type.Union([Type.Literal('sqlite'), Type.Literal('postgres')]),
  blobs: Type.Union([Type.Literal('disk'), Type.Literal('s3')]),
  started_at: Type.Integer({ description: 'Milliseconds since the epoch.' }),
  gateway_url: Type.String(),
});

/** What this server is; `bucle status` and `bucle up` read it. */
export function statusRoutes(app: App, { config, clock }: Pick<Context, 'config' | 'clock'>): void {
  const startedAt = clock.now();
  app.get(
    '/api/v1/status',
    { schema: { tags: ['server'], operationId: 'getStatus', response: { 200: Status } } },
    async () => ({
      version,
      database: config.database.kind,
      blobs: config.blobs.kind,
      started_at: startedAt,
      gateway_url: config.gatewayUrl,
    }),
  );
}
