import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { retrainErrors } from './errors.ts';
import { findFiring, listFirings } from './firing.store.ts';
import { FiringView, toFiringView } from './policy.view.ts';

const tags = ['policies'];

const FiringQuery = Type.Object({
  policy: Type.Optional(Type.String({ maxLength: 100 })),
  endpoint: Type.Optional(Type.String({ maxLength: 100 })),
  open: Type.Optional(Type.Boolean({ description: 'Only those that are not done.' })),
  before: Type.Optional(Type.String({ maxLength: 100, description: 'Id of the last one of the page before.' })),
  limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 50 }),
});

export function firingRoutes(app: App, { db }: Pick<Context, 'db'>): void {
  app.get(
    '/api/v1/firings',
    {
      schema: {
        tags,
        operationId: 'listFirings',
        querystring: FiringQuery,
        response: {
          200: Type.Object({ firings: Type.Array(FiringView), next: Type.Union([Type.String(), Type.Null()]) }),
        },
      },
    },
    async ({ query }) => {
      const firings = await listFirings(db.scan, query);
      const next = firings.length < query.limit ? null : (firings.at(-1)?.id ?? null);
      return { firings: firings.map(toFiringView), next };
    },
  );
  app.get(
    '/api/v1/firings/:id',
    {
      schema: {
        tags,
        operationId: 'getFiring',
        params: Type.Object({ id: Type.String({ maxLength: 100 }) }),
        response: { 200: FiringView },
      },
    },
    async ({ params: { id } }) => {
      const firing = await findFiring(db.read, id.replace(/^firing:/, ''));
      if (!firing) throw retrainErrors.FIRING_NOT_FOUND({ firing: id });
      return toFiringView(firing);
    },
  );
}
