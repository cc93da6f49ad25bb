import { defineCommand } from '../command.ts';
import type { Gate } from './view.ts';

export const command = defineCommand({
  summary: 'List gates: the rules by which a candidate replaces a champion.',
  usage: '',
  options: {},
  async run(_input, io) {
    const { gates } = await io.client.request<{ gates: Gate[] }>('GET', '/api/v1/gates', { signal: io.signal });
    if (io.json) io.printJson(gates);
    else if (gates.length === 0) io.note('No gates yet: name them under `gates` of bucle.yaml and run `bucle apply`.');
    else {
      io.printTable(
        ['gate', 'metric', 'margin', 'rows', 'slices', 'revision'],
        gates.map(({ name, metric, margin, minimum_rows, slices, revision }) => [
          name,
          metric,
          margin,
          minimum_rows,
          slices.length === 0 ? null : slices.join(', '),
          revision,
        ]),
        ['gate'],
      );
    }
    return 0;
  },
});
