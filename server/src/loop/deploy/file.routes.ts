import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { deployErrors } from './errors.ts';
import { gatewaysOnly } from './gateway.routes.ts';
import type { ModelSource } from './model-source.ts';
import { fileKey } from './prepare/store-file.ts';

const tags = ['gateways'];
const Bytes = Type.Unsafe<Readable>({ type: 'string', format: 'binary' });
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });

type Parts = Pick<Context, 'db' | 'blobs'> & { readonly source: ModelSource };

/** Files for gateways, streamed. A gateway checks the hash that the desired state names. */
export function fileRoutes(app: App, parts: Parts): void {
  app.get(
    '/api/v1/gateway/models/:model/files/*',
    {
      config: { gateways: true },
      schema: {
        tags,
        operationId: 'getModelFile',
        params: Type.Object({ model: Type.String({ maxLength: 100 }), '*': Type.String({ maxLength: 1024 }) }),
        response: { 200: Bytes, 304: Type.Null() },
      },
    },
    async ({ params, principal, headers }, reply) => {
      gatewaysOnly(principal);
      const file = await parts.source.open(parts, params.model, params['*']);
      if (!file) throw deployErrors.FILE_NOT_FOUND({ path: params['*'] });
      return sendFile(reply, headers['if-none-match'], file);
    },
  );
  app.get(
    '/api/v1/gateway/files/:sha256',
    {
      config: { gateways: true },
      schema: {
        tags,
        operationId: 'getDeploymentFile',
        summary: 'Golden requests and ONNX forms, by their content.',
        params: Type.Object({ sha256: Sha256 }),
        response: { 200: Bytes, 304: Type.Null() },
      },
    },
    async ({ params: { sha256 }, principal, headers }, reply) => {
      gatewaysOnly(principal);
      const stored = await parts.blobs.get(fileKey(sha256));
      if (!stored) throw deployErrors.FILE_NOT_FOUND({ path: sha256 });
      return sendFile(reply, headers['if-none-match'], { size: stored.info.size, etag: sha256, body: stored.body });
    },
  );
}

function sendFile(
  reply: FastifyReply,
  known: string | undefined,
  { size, etag, body }: { readonly size: number; readonly etag: string; readonly body: Readable },
): FastifyReply {
  const tag = `"${etag}"`;
  reply.header('etag', tag).header('cache-control', 'private, no-cache');
  if (known === tag) {
    body.destroy();
    return reply.code(304).send(null);
  }
  return reply.header('content-length', size).type('application/octet-stream').send(body);
}
