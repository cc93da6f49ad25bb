import { fillPath } from '@bucle/client';
import { defineCommand, UsageError } from '../command.ts';
import type { Gate } from './view.ts';

export const command = defineCommand({
  summary: 'Show the rules of a gate.',
  usage: 'NAME',
  options: {},
  async run({ args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw new UsageError('gates show needs one NAME.');
    const gate = await io.client.request<Gate>('GET', fillPath('/api/v1/gates/{name}', { name }), {
      signal: io.signal,
    });
    if (io.json) io.printJson(gate);
    else for (const line of describeRules(gate)) io.print(line);
    return 0;
  },
});

function describeRules(gate: Gate): string[] {
  const { name, metric, margin, minimum_rows, slices, slice_margin, slice_minimum_rows, guards, limit, revision } =
    gate;
  return [
    `${name} (revision ${revision})`,
    `  the lower bound of the gain in ${metric} must be above ${margin}`,
    `  on at least ${minimum_rows} rows`,
    ...(limit === null ? [] : [`  ${metric} itself must be no worse than ${limit}`]),
    ...guards.map((guard) => `  ${guard.metric} must not get clearly worse by more than ${guard.margin}`),
    ...slices.map(
      (slice) =>
        `  no value of ${slice} with ${slice_minimum_rows} rows or more may get clearly worse by more than ${slice_margin}`,
    ),
    ...(gate.max_latency_ratio === null ? [] : [`  a row may take ${gate.max_latency_ratio} times as long`]),
  ];
}
