import { fillPath } from '@bucle/client';
import { defineCommand, UsageError } from '../command.ts';
import { type AlertView, windowDay } from './view.ts';

export const command = defineCommand({
  summary: 'Show an alert: what alarms, since when, and how it ended.',
  usage: 'ID',
  options: {},
  async run({ args }, io) {
    const [id] = args;
    if (id === undefined || args.length !== 1) throw new UsageError('alerts show needs one ID.');
    const alert = await io.client.request<AlertView>('GET', fillPath('/api/v1/alerts/{id}', { id }));
    if (io.json) io.printJson(alert);
    else printAlert(alert, (line) => io.print(line));
    if (!io.json && alert.state === 'open') {
      const start = alert.last_window.replace(/^.*@/, '');
      io.note(`The window: bucle windows show ${alert.endpoint} ${start}`);
      io.note(`If it is the new normal: bucle alerts ack ${alert.id}`);
    }
    return 0;
  },
});

function printAlert(alert: AlertView, print: (line: string) => void): void {
  const end = alert.state === 'open' ? null : [alert.reason, alert.ended_by && `by ${alert.ended_by}`];
  const lines: readonly (readonly [string, string | null])[] = [
    ['alert', `${alert.ref}, ${alert.state}`],
    ['endpoint', alert.endpoint],
    ['signal', alert.signal.replace('_', ' ')],
    ['features', alert.features.length === 0 ? null : alert.features.join(', ')],
    ['version', alert.version],
    ['windows', `from ${windowDay(alert.first_window)}, last ${windowDay(alert.last_window)}`],
    ['what', alert.summary],
    ['ended', end === null ? null : end.filter((word) => word !== null).join(', ')],
  ];
  for (const [name, text] of lines) if (text !== null) print(`${name.padEnd(10)}${text}`);
}
