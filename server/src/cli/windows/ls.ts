import { fillPath } from '@bucle/client';
import { defineCommand, UsageError } from '../command.ts';
import { formatDay } from '../monitors/view.ts';

interface Page {
  readonly windows: readonly {
    readonly start: number;
    readonly state: string;
    readonly rows: number;
    readonly late: number;
    readonly version: string | null;
    readonly alarms: Readonly<Record<string, readonly string[]>>;
  }[];
  readonly next: number | null;
}

const MOST = 500;

export const command = defineCommand({
  summary: 'List the windows of an endpoint, newest first, with what alarms in them.',
  usage: 'ENDPOINT [--limit N]',
  options: { limit: { type: 'string', value: 'N', meaning: `How many, up to ${MOST} (default 20).` } },
  async run({ values, args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw new UsageError('windows ls needs one ENDPOINT.');
    const limit = Number(values.limit ?? 20);
    if (!Number.isInteger(limit) || limit < 1 || limit > MOST) {
      throw new UsageError(`--limit must be a whole number from 1 to ${MOST}.`);
    }
    const path = fillPath('/api/v1/endpoints/{name}/windows', { name });
    const page = await io.client.request<Page>('GET', path, { query: { limit } });
    if (io.json) io.printJson(page);
    else if (page.windows.length === 0)
      io.note(`No predictions of ${name} were counted yet: bucle monitors show ${name}`);
    else {
      io.printTable(
        ['from', 'state', 'rows', 'late', 'version', 'alarms'],
        page.windows.map(({ start, state, rows, late, version, alarms }) => [
          formatDay(start),
          state.replace('_', ' '),
          rows,
          late,
          version?.replace(/^version:/, '') ?? null,
          alarmWords(alarms),
        ]),
        ['from'],
      );
      io.note(`One of them: bucle windows show ${name} START`);
    }
    return 0;
  },
});

function alarmWords(alarms: Readonly<Record<string, readonly string[]>>): string | null {
  const words = Object.entries(alarms).map(([signal, features]) =>
    [signal.replace('_', ' '), features.filter((feature) => feature !== '').join(', ')].filter(Boolean).join(': '),
  );
  return words.length === 0 ? null : words.join('; ');
}
