import { fillPath } from '@bucle/client';
import { defineCommand, UsageError } from './command.ts';
import { formatTime } from './data/format.ts';

interface Metric {
  readonly name: string;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

interface Window {
  readonly start: number;
  readonly state: string;
  readonly revision: number;
  readonly outdated: boolean;
  readonly quality: {
    readonly predictions: number;
    readonly labelled: number;
    readonly coverage: number | null;
    readonly metrics: readonly Metric[];
    readonly verdict: { readonly metric: string; readonly state: string } | null;
  } | null;
}

interface Page {
  readonly windows: readonly Window[];
  readonly next: number | null;
}

const MOST = 500;
const SHOWN = 3;

export const command = defineCommand({
  summary: 'Show how good the predictions of an endpoint were, window by window.',
  usage: 'ENDPOINT [--metric NAME]… [--limit N]',
  options: {
    metric: {
      type: 'string',
      short: 'm',
      multiple: true,
      value: 'NAME',
      meaning: `Which (default: the first ${SHOWN}).`,
    },
    limit: { type: 'string', value: 'N', meaning: `How many windows, up to ${MOST} (default 20).` },
  },
  async run({ values, args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw new UsageError('quality needs one ENDPOINT.');
    const limit = Number(values.limit ?? 20);
    if (!Number.isInteger(limit) || limit < 1 || limit > MOST) {
      throw new UsageError(`--limit must be a whole number from 1 to ${MOST}.`);
    }
    const path = fillPath('/api/v1/endpoints/{name}/quality', { name });
    const page = await io.client.request<Page>('GET', path, { query: { limit } });
    if (io.json) io.printJson(page);
    else if (page.windows.length === 0) io.note(`No predictions of ${name} were counted yet.`);
    else {
      const known = page.windows.flatMap(({ quality }) => quality?.metrics.map((metric) => metric.name) ?? []);
      const metrics = values.metric ?? [...new Set(known)].slice(0, SHOWN);
      io.printTable(
        ['window', 'state', 'labelled', 'coverage', ...metrics, 'verdict'],
        page.windows.map(({ start, state, revision, outdated, quality }) => [
          formatTime(start).slice(0, 10),
          `${revision > 1 ? `${state}, revised` : state}${outdated ? ' …' : ''}`,
          quality && `${quality.labelled} of ${quality.predictions}`,
          quality?.coverage == null ? null : `${Math.round(quality.coverage * 100)} %`,
          ...metrics.map((metric) => formatMetric(quality?.metrics.find((one) => one.name === metric))),
          quality?.verdict ? `${quality.verdict.metric} ${quality.verdict.state}` : null,
        ]),
        ['window'],
      );
    }
    return 0;
  },
});

/** `0.642 [0.601, 0.683]`: the value and its 95 % interval. */
function formatMetric(metric: Metric | undefined): string | null {
  if (metric?.value == null) return null;
  const { value, low, high } = metric;
  const interval = low === null || high === null ? '' : ` [${low.toPrecision(3)}, ${high.toPrecision(3)}]`;
  return `${value.toPrecision(3)}${interval}`;
}
