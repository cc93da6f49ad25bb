import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { eraseCaptures } from './erase-captures.ts';
import { ErasureView, toErasureView } from './erasure.schema.ts';
import { findErasure, listErasures } from './erasure.store.ts';
import { serveErrors } from './errors.ts';

const tags = ['predictions'];
const Name = Type.Object({ name: Type.String({ maxLength: 100 }) });
const LISTED = 100;

/** Forgetting what was captured about somebody or something. */
export function erasureRoutes(app: App, parts: Pick<Context, 'db' | 'jobs' | 'clock'>): void {
  app.delete(
    '/api/v1/endpoints/:name/captures',
    {
      config: { scope: 'admin' },
      schema: {
        tags,
        operationId: 'eraseCaptures',
        summary: 'Erases what was captured about a key; a job does it, and what is delivered late is not kept.',
        params: Name,
        querystring: Type.Object(
          { key: Type.String({ minLength: 1, maxLength: 2_000 }) },
          { additionalProperties: false },
        ),
        response: { 202: ErasureView },
      },
    },
    async ({ params: { name }, query: { key }, principal, id }, reply) => {
      const request = { endpoint: name, key, actor: principal.name, cause: `request:${id}` };
      return reply.code(202).send(toErasureView(await eraseCaptures(parts, request)));
    },
  );
  app.get(
    '/api/v1/endpoints/:name/erasures',
    {
      schema: {
        tags,
        operationId: 'listErasures',
        summary: 'The latest erasures of an endpoint, newest first.',
        params: Name,
        response: { 200: Type.Object({ erasures: Type.Array(ErasureView) }) },
      },
    },
    async ({ params: { name } }) => ({
      erasures: (await listErasures(parts.db.read, name, LISTED)).map(toErasureView),
    }),
  );
  app.get(
    '/api/v1/endpoints/:name/erasures/:id',
    {
      schema: {
        tags,
        operationId: 'getErasure',
        summary: 'How far an erasure is.',
        params: Type.Object({ ...Name.properties, id: Type.String({ maxLength: 100 }) }),
        response: { 200: ErasureView },
      },
    },
    async ({ params: { name, id } }) => {
      const erasure = await findErasure(parts.db.read, id);
      if (!erasure || erasure.endpoint !== name) throw serveErrors.ERASURE_NOT_FOUND({ endpoint: name, id });
      return toErasureView(erasure);
    },
  );
}
