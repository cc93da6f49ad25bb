import { defineCommand, UsageError } from '../command.ts';
import { type AlertView, windowDay } from './view.ts';

const STATES: readonly string[] = ['open', 'cleared', 'acknowledged', 'superseded'];

export const command = defineCommand({
  summary: 'List alerts, newest first.',
  usage: '[ENDPOINT] [--state STATE]',
  options: { state: { type: 'string', value: 'STATE', meaning: `Only ${STATES.join(', ')} ones.` } },
  async run({ values, args }, io) {
    const [endpoint] = args;
    if (args.length > 1) throw new UsageError('alerts ls takes at most one ENDPOINT.');
    const { state } = values;
    if (state !== undefined && !STATES.includes(state)) {
      throw new UsageError(`--state is ${state}, but it must be one of ${STATES.join(', ')}.`);
    }
    const page = await io.client.request<{ alerts: readonly AlertView[] }>('GET', '/api/v1/alerts', {
      query: { endpoint, state, limit: 100 },
    });
    if (io.json) io.printJson(page);
    else if (page.alerts.length === 0) io.note(`There is no ${state === undefined ? '' : `${state} `}alert.`);
    else {
      io.printTable(
        ['id', 'endpoint', 'signal', 'state', 'since', 'what'],
        page.alerts.map((alert) => [
          alert.id,
          alert.endpoint,
          alert.signal.replace('_', ' '),
          alert.state,
          windowDay(alert.first_window),
          alert.summary,
        ]),
        ['id'],
      );
    }
    return 0;
  },
});
