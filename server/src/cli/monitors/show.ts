import { fillPath } from '@bucle/client';
import { defineCommand, UsageError } from '../command.ts';
import { type MonitorView, printMonitor } from './view.ts';

interface BudgetView {
  readonly signals: readonly {
    readonly signal: string;
    readonly opened: number;
    readonly false_alarms_per_year: number;
    readonly alpha: number | null;
  }[];
}

export const command = defineCommand({
  summary: 'Show how an endpoint is watched, and how much of its alarm budget was spent.',
  usage: 'ENDPOINT',
  options: {},
  async run({ args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw new UsageError('monitors show needs one ENDPOINT.');
    const monitor = await io.client.request<MonitorView>('GET', fillPath('/api/v1/monitors/{name}', { name }));
    const budget = await io.client.request<BudgetView>(
      'GET',
      fillPath('/api/v1/endpoints/{name}/alarm-budget', { name }),
    );
    if (io.json) {
      io.printJson({ ...monitor, alarm_budget: budget });
      return 0;
    }
    printMonitor(io, monitor);
    io.print('');
    io.printTable(
      ['signal', 'alerts in a year', 'false ones allowed', 'p below'],
      budget.signals.map(({ signal, opened, false_alarms_per_year, alpha }) => [
        signal,
        opened,
        Number(false_alarms_per_year.toPrecision(2)),
        alpha === null ? null : alpha.toPrecision(2),
      ]),
    );
    io.note(`Windows: bucle windows ls ${name}`);
    return 0;
  },
});
