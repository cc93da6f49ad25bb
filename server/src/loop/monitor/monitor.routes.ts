import { Type } from 'typebox';
import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { declareMonitor, removeMonitor } from './declare-monitor.ts';
import { monitorErrors } from './errors.ts';
import {
  EndpointParams,
  MonitorBody,
  MonitorPage,
  MonitorQuery,
  MonitorView,
  toDeclaration,
  toMonitorView,
} from './monitor.schema.ts';
import { findMonitor, findProgress, listMonitors } from './monitor.store.ts';

const tags = ['monitors'];

export function monitorRoutes(app: App, parts: Pick<Context, 'db' | 'clock' | 'jobs'>): void {
  const { read } = parts.db;
  app.get(
    '/api/v1/monitors',
    { schema: { tags, operationId: 'listMonitors', querystring: MonitorQuery, response: { 200: MonitorPage } } },
    async ({ query: { after = null, limit } }) => {
      const monitors = await listMonitors(read, { after, limit });
      const views = [];
      for (const monitor of monitors) views.push(toMonitorView(monitor, await findProgress(read, monitor.endpoint)));
      return { monitors: views, next: monitors.length < limit ? null : (monitors.at(-1)?.endpoint ?? null) };
    },
  );
  app.get(
    '/api/v1/monitors/:name',
    { schema: { tags, operationId: 'getMonitor', params: EndpointParams, response: { 200: MonitorView } } },
    async ({ params: { name: endpoint } }) => {
      const monitor = await findMonitor(read, endpoint);
      if (!monitor) throw monitorErrors.NOT_MONITORED({ endpoint });
      return toMonitorView(monitor, await findProgress(read, endpoint));
    },
  );
  app.put(
    '/api/v1/monitors/:name',
    {
      schema: {
        tags,
        operationId: 'declareMonitor',
        summary:
          'Says how the endpoint is watched; what is left out is as by default. Other windows, features or another ' +
          'reference begin anew from what captures are still there.',
        params: EndpointParams,
        body: MonitorBody,
        response: { 200: MonitorView },
      },
    },
    async ({ params: { name: endpoint }, body, principal, id }) => {
      const because = { actor: principal.name, cause: `request:${id}` };
      const { monitor } = await declareMonitor(parts, { endpoint, declaration: toDeclaration(body), ...because });
      return toMonitorView(monitor, await findProgress(read, endpoint));
    },
  );
  app.delete(
    '/api/v1/monitors/:name',
    {
      schema: {
        tags,
        operationId: 'removeMonitor',
        summary: 'Takes the monitor away, with its windows; captures, labels and the history of alerts stay.',
        params: EndpointParams,
        response: { 204: Type.Null() },
      },
    },
    async ({ params: { name: endpoint }, principal, id }, reply) => {
      const removed = await removeMonitor(parts, { endpoint, actor: principal.name, cause: `request:${id}` });
      if (!removed) throw monitorErrors.NOT_MONITORED({ endpoint });
      return reply.code(204).send(null);
    },
  );
}
