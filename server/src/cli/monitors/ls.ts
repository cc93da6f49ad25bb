import { defineCommand, UsageError } from '../command.ts';
import { formatDay, formatSpan, type MonitorView } from './view.ts';

export const command = defineCommand({
  summary: 'List the monitors of endpoints.',
  usage: '',
  options: {},
  async run({ args }, io) {
    if (args.length > 0) throw new UsageError('monitors ls takes no words.');
    const page = await io.client.request<{ monitors: readonly MonitorView[] }>('GET', '/api/v1/monitors', {
      query: { limit: 1000 },
    });
    if (io.json) io.printJson(page);
    else if (page.monitors.length === 0) io.note('No endpoint is monitored: bucle monitors declare ENDPOINT');
    else {
      io.printTable(
        ['endpoint', 'windows', 'reference', 'seen up to', 'closed up to', 'problem'],
        page.monitors.map(({ endpoint, window_ms, reference, progress }) => [
          endpoint,
          formatSpan(window_ms),
          reference.dataset ?? 'own windows',
          formatDay(progress.watermark),
          formatDay(progress.closed_until),
          progress.problem,
        ]),
        ['endpoint'],
      );
    }
    return 0;
  },
});
