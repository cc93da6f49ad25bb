import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { findEndpoint, gatewaysOnly } from '../deploy/index.ts';
import { CAPTURES_PATH, CAPTURES_TYPE, MAX_BATCH_BYTES } from './capture/capture-batch.ts';
import { CaptureCounts, CaptureReceipt, toCaptureCounts } from './captures.schema.ts';
import { listCounts, listLosses } from './captures.store.ts';
import { serveErrors } from './errors.ts';
import { findRemovals } from './removal.store.ts';
import { storeCaptures } from './store-captures.ts';

type Parts = Pick<Context, 'db' | 'blobs' | 'clock'>;

/** Where gateways bring what they answered, and how much of it is here. */
export function captureRoutes(app: App, parts: Parts): void {
  app.addContentTypeParser(CAPTURES_TYPE, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.post(
    CAPTURES_PATH,
    {
      config: { scope: 'read', gateways: true },
      bodyLimit: MAX_BATCH_BYTES,
      // Before the body is read: strangers send none.
      onRequest: async ({ principal }) => gatewaysOnly(principal),
      schema: {
        tags: ['gateways'],
        operationId: 'storeCaptures',
        summary:
          'Keeps answered requests of a gateway, each once however often it is sent; they are on disk when it answers.',
        consumes: [CAPTURES_TYPE],
        response: { 200: CaptureReceipt },
      },
    },
    async ({ body }) => {
      if (!(body instanceof Uint8Array))
        throw serveErrors.BATCH_INVALID({ problem: `its type is not ${CAPTURES_TYPE}` });
      return storeCaptures(parts, body);
    },
  );
  app.get(
    '/api/v1/endpoints/:name/captures',
    {
      schema: {
        tags: ['predictions'],
        operationId: 'countCaptures',
        summary: 'How many requests were captured and how many lost, by deployment.',
        params: Type.Object({ name: Type.String({ maxLength: 100 }) }),
        response: { 200: CaptureCounts },
      },
    },
    async ({ params: { name } }) => {
      const { read } = parts.db;
      const counted = { counts: await listCounts(read, name), losses: await listLosses(read, name) };
      const known = counted.counts.length > 0 || (await findEndpoint(read, name));
      if (!known) throw serveErrors.NOTHING_CAPTURED({ endpoint: name });
      const unassigned = (await listLosses(read, '')).reduce((sum, { lost }) => sum + lost, 0);
      const removals = await findRemovals(read, name);
      return toCaptureCounts({ endpoint: name, ...counted, unassigned, removals });
    },
  );
}
