import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { monitorErrors } from './errors.ts';
import { EndpointParams } from './label.schema.ts';
import { findMonitor } from './monitor.store.ts';
import { QualityPage, QualityQuery, toQualityWindow } from './quality.schema.ts';
import { listQuality, maturedUntil } from './quality.store.ts';

/** How good predictions were, window by window. */
export function qualityRoutes(app: App, { db }: Pick<Context, 'db'>): void {
  app.get(
    '/api/v1/endpoints/:name/quality',
    {
      schema: {
        tags: ['monitors'],
        operationId: 'listQuality',
        summary: 'The quality of an endpoint by windows of event time, newest first, with intervals and coverage.',
        params: EndpointParams,
        querystring: QualityQuery,
        response: { 200: QualityPage },
      },
    },
    async ({ params: { name: endpoint }, query: { limit, before = null } }) => {
      const rows = await listQuality(db.read, { endpoint, before, limit });
      if (rows.length === 0 && !(await findMonitor(db.read, endpoint))) throw monitorErrors.NOT_MONITORED({ endpoint });
      return {
        endpoint,
        matured_until: await maturedUntil(db.read, endpoint),
        windows: rows.map(toQualityWindow),
        next: rows.length < limit ? null : (rows.at(-1)?.window_start ?? null),
      };
    },
  );
}
