import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { monitorErrors } from './errors.ts';
import { EndpointParams } from './monitor.schema.ts';
import { findMonitor } from './monitor.store.ts';
import { showWindow } from './show-window.ts';
import { toWindowView, WindowDetail, WindowPage, WindowParams, WindowQuery } from './window.schema.ts';
import { listWindows } from './window.store.ts';
import { parseMoment } from './window.ts';

const tags = ['monitors'];

export function windowRoutes(app: App, { db }: Pick<Context, 'db'>): void {
  app.get(
    '/api/v1/endpoints/:name/windows',
    {
      schema: {
        tags,
        operationId: 'listWindows',
        summary: 'Windows of event time, newest first.',
        params: EndpointParams,
        querystring: WindowQuery,
        response: { 200: WindowPage },
      },
    },
    async ({ params: { name: endpoint }, query: { before = null, limit } }) => {
      if (!(await findMonitor(db.read, endpoint))) throw monitorErrors.NOT_MONITORED({ endpoint });
      const windows = await listWindows(db.read, { endpoint, before, limit });
      return {
        endpoint,
        windows: windows.map((window) => toWindowView(endpoint, window)),
        next: windows.length < limit ? null : (windows.at(-1)?.start ?? null),
      };
    },
  );
  app.get(
    '/api/v1/endpoints/:name/windows/:start',
    {
      schema: {
        tags,
        operationId: 'getWindow',
        summary: 'One window with all its results, its histograms and those that it was compared with.',
        params: WindowParams,
        response: { 200: WindowDetail },
      },
    },
    async ({ params: { name, start } }) => {
      const time = parseMoment(start);
      if (time === null) throw monitorErrors.INVALID_TIME({ text: start });
      return showWindow(db.scan, name, time);
    },
  );
}
