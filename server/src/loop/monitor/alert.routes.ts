import type { Context } from '../../context.ts';
import type { App } from '../../platform/http/create-http.ts';
import { acknowledgeAlert } from './acknowledge-alert.ts';
import {
  Acknowledgement,
  AlertPage,
  AlertParams,
  AlertQuery,
  AlertView,
  BudgetView,
  toAlertView,
} from './alert.schema.ts';
import { findAlert, listAlerts } from './alert.store.ts';
import { monitorErrors } from './errors.ts';
import { EndpointParams } from './monitor.schema.ts';
import { spentBudget } from './spent-budget.ts';

const tags = ['monitors'];

export function alertRoutes(app: App, parts: Pick<Context, 'db' | 'clock'>): void {
  const { read } = parts.db;
  app.get(
    '/api/v1/alerts',
    {
      schema: {
        tags,
        operationId: 'listAlerts',
        summary: 'Alerts, newest first.',
        querystring: AlertQuery,
        response: { 200: AlertPage },
      },
    },
    async ({ query }) => {
      const alerts = await listAlerts(read, query);
      return {
        alerts: alerts.map(toAlertView),
        next: alerts.length < query.limit ? null : (alerts.at(-1)?.id ?? null),
      };
    },
  );
  app.get(
    '/api/v1/alerts/:id',
    { schema: { tags, operationId: 'getAlert', params: AlertParams, response: { 200: AlertView } } },
    async ({ params }) => {
      const id = params.id.replace(/^alert:/, '');
      const alert = await findAlert(read, id);
      if (!alert) throw monitorErrors.ALERT_NOT_FOUND({ id });
      return toAlertView(alert);
    },
  );
  app.post(
    '/api/v1/alerts/:id/acknowledge',
    {
      schema: {
        tags,
        operationId: 'acknowledgeAlert',
        summary:
          'What alarms is the new normal: windows since the alert was opened become the reference of these features, ' +
          'and nothing of them alarms until there are 8.',
        params: AlertParams,
        body: Acknowledgement,
        response: { 200: AlertView },
      },
    },
    async ({ params, body: { reason = null }, principal, id: request }) => {
      const id = params.id.replace(/^alert:/, '');
      const because = { actor: principal.name, cause: `request:${request}` };
      return toAlertView(await acknowledgeAlert(parts, { id, reason, ...because }));
    },
  );
  app.get(
    '/api/v1/endpoints/:name/alarm-budget',
    {
      schema: {
        tags,
        operationId: 'getAlarmBudget',
        summary: 'Alerts of the last year of event time, beside the false alarms that the budget allows.',
        params: EndpointParams,
        response: { 200: BudgetView },
      },
    },
    ({ params: { name } }) => spentBudget(parts.db.scan, name),
  );
}
