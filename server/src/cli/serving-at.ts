import { fillPath } from '@bucle/client';
import { defineCommand, UsageError } from './command.ts';
import { formatTime } from './data/format.ts';
import { parseMoment } from './moment.ts';

interface ServingAt {
  readonly text: string;
  readonly stable: string | null;
  readonly traffic: readonly {
    readonly deployment: string;
    readonly version: string | null;
    readonly share: number;
    readonly stable: boolean;
  }[];
  readonly decision: string | null;
  readonly rollout: string | null;
  readonly decided_by: string | null;
  readonly answered: readonly {
    readonly version: string;
    readonly predictions: number;
    readonly nearest: number;
    readonly example: string;
  }[];
}

export const command = defineCommand({
  summary: 'Show which version answered at a moment, and on what decision.',
  usage: 'TIME --endpoint NAME [--clock recorded|event]',
  options: {
    endpoint: { type: 'string', value: 'NAME', meaning: 'The endpoint that was asked.' },
    clock: {
      type: 'string',
      value: 'CLOCK',
      meaning: 'recorded: the server’s clock (default); event: when it happened in the users’ world.',
    },
  },
  async run({ values: { endpoint, clock = 'recorded' }, args }, io) {
    const [time] = args;
    if (time === undefined || args.length !== 1)
      throw new UsageError('serving-at needs one TIME, as 2026-11-24T05:30Z.');
    if (endpoint === undefined) throw new UsageError('serving-at needs --endpoint NAME.');
    if (clock !== 'recorded' && clock !== 'event')
      throw new UsageError(`--clock is ${clock}, but it must be recorded or event.`);
    const path = fillPath('/api/v1/endpoints/{name}/serving-at', { name: endpoint });
    const query = { at: parseMoment(time, 'TIME'), clock };
    const found = await io.client.request<ServingAt>('GET', path, { query, signal: io.signal });
    if (io.json) io.printJson(found);
    else {
      io.print(found.text);
      printDetails(found, (line) => io.print(line));
      if (found.decision !== null) io.note(`Why: bucle decisions show ${found.decision.replace(/^decision:/, '')}`);
    }
    return 0;
  },
});

function printDetails({ traffic, answered, rollout, decided_by }: ServingAt, print: (line: string) => void): void {
  for (const { deployment, version, share, stable } of traffic) {
    print(`  ${share} %  ${version ?? 'a version that is gone'}  ${deployment}${stable ? '  stable' : ''}`);
  }
  if (rollout !== null) print(`  brought by ${rollout}`);
  if (decided_by !== null) print(`  traffic set by ${decided_by}`);
  for (const { version, predictions, nearest, example } of answered) {
    print(`  ${version}  ${predictions} predictions, the nearest of ${formatTime(nearest)}: ${example}`);
  }
}
