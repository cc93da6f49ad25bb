import { fillPath } from '@bucle/client';
import { defineCommand, UsageError } from '../command.ts';
import { formatDay } from '../monitors/view.ts';

interface Detail {
  readonly ref: string;
  readonly start: number;
  readonly end: number;
  readonly state: string;
  readonly rows: number;
  readonly late: number;
  readonly note: string | null;
  readonly reference: {
    readonly version: string;
    readonly features_from: string | null;
    readonly prediction_from: string | null;
    readonly notes: readonly string[];
  } | null;
  readonly results: readonly { readonly state: string; readonly says: string; readonly signal: string }[];
}

const QUIET: readonly string[] = ['ok', 'not_applicable'];

export const command = defineCommand({
  summary: 'Show one window: each test in words, and what it was compared with.',
  usage: 'ENDPOINT START [--all]',
  options: {
    all: { type: 'boolean', meaning: 'Also the tests of missing, odd and unseen values that found nothing.' },
  },
  async run({ values, args }, io) {
    const [name, start] = args;
    if (name === undefined || start === undefined || args.length !== 2) {
      throw new UsageError('windows show needs ENDPOINT and START, such as 2001-03-05.');
    }
    const path = fillPath('/api/v1/endpoints/{name}/windows/{start}', { name, start });
    const window = await io.client.request<Detail>('GET', path);
    if (io.json) {
      io.printJson(window);
      return 0;
    }
    const late = window.late === 0 ? '' : `, ${window.late} of them late`;
    io.print(`window       ${formatDay(window.start)} to ${formatDay(window.end)}, ${window.state.replace('_', ' ')}`);
    io.print(`rows         ${window.rows}${late}`);
    const { reference } = window;
    if (reference) {
      const own = `the first 8 windows of ${name}`;
      io.print(
        `compared to  ${reference.features_from ?? own} (features), ${reference.prediction_from ?? own} (prediction)`,
      );
    }
    for (const note of [window.note, ...(reference?.notes ?? [])]) if (note !== null) io.print(`note         ${note}`);
    io.print('');
    const shown = window.results.filter(
      ({ state, signal }) => values.all === true || signal !== 'data_quality' || !QUIET.includes(state),
    );
    for (const { says } of shown) io.print(says);
    if (shown.length === 0) io.note('It was not judged yet.');
    return 0;
  },
});
