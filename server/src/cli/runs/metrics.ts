import { fillPath } from '@bucle/client';
import { defineCommand, type Io, UsageError } from '../command.ts';
import { csvOption } from '../csv.ts';
import { parseLimit } from '../limit.ts';
import { shortValue } from './format.ts';
import { showChart } from './metric-chart.ts';
import { showHistory } from './metric-history.ts';
import { resolveRun } from './resolve-run.ts';

interface Place {
  readonly step: number;
  readonly value: number | null;
}

interface Summary {
  readonly key: string;
  readonly count: number;
  readonly first: Place;
  readonly latest: Place;
  readonly min: Place | null;
  readonly max: Place | null;
}

export const command = defineCommand({
  summary: 'Show the metrics of a run, or all points of one of them.',
  usage: 'RUN [KEY] [--limit N | --all] [--csv] [--chart [--x time]]',
  options: {
    limit: { type: 'string', value: 'N', meaning: 'How many points at most (100 on a terminal, all elsewhere).' },
    all: { type: 'boolean', meaning: 'All points on a terminal, too.' },
    csv: csvOption,
    chart: { type: 'boolean', meaning: 'Draw its course as a line.' },
    x: { type: 'string', value: 'AXIS', meaning: 'Of --chart: step (default) or time.' },
  },
  async run({ values, args }, io) {
    const [word, key] = args;
    if (word === undefined || args.length > 2) throw new UsageError('runs metrics needs one RUN and perhaps a KEY.');
    const { x = 'step' } = values;
    if (x !== 'step' && x !== 'time') throw new UsageError(`--x is ${x}, but it must be step or time.`);
    const whole = io.json || values.csv === true || !io.stdout.isTTY;
    const limit = parseLimit(values, whole ? Number.MAX_SAFE_INTEGER : 100);
    const { run_id } = (await resolveRun(io, word)).info;
    if (key === undefined) {
      if (values.chart === true) throw new UsageError('--chart needs the KEY of a metric.');
      return showSummaries(io, run_id);
    }
    if (values.chart === true) await showChart(io, run_id, { key, x });
    else await showHistory(io, run_id, { key, limit, csv: values.csv === true });
    return 0;
  },
});

async function showSummaries(io: Io, run: string): Promise<number> {
  const path = fillPath('/api/v1/runs/{run}/metrics', { run });
  const { metrics } = await io.client.request<{ metrics: Summary[] }>('GET', path, { signal: io.signal });
  if (io.json) io.printJson(metrics);
  else if (metrics.length === 0) io.note(`run:${run} has no metrics.`);
  else {
    const shown = (place: Place | null) => (place?.value == null ? 'NaN' : shortValue(place.value));
    io.printTable(
      ['metric', 'points', 'latest', 'step', 'least', 'at', 'greatest', 'at'],
      metrics.map(({ key, count, latest, min, max }) => [
        ...[key, count, shown(latest), latest.step],
        ...[shown(min), min?.step ?? null, shown(max), max?.step ?? null],
      ]),
    );
    io.note(`The points of one: bucle runs metrics ${run} KEY; its course: --chart.`);
  }
  return 0;
}
