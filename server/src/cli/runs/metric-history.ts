import type { Io } from '../command.ts';
import { formatCsv } from '../csv.ts';
import { getMlflow, given } from '../mlflow.ts';
import { formatTsv } from '../table.ts';
import { withNext } from '../with-next.ts';
import { runErrors } from './errors.ts';
import { shortValue } from './format.ts';
import type { Metric } from './mlflow-client.ts';

interface Point extends Metric {
  readonly timestamp: number;
}

interface Wanted {
  readonly key: string;
  readonly limit: number;
  readonly csv: boolean;
}

const PAGE = 25_000;
const COLUMNS = ['step', 'time', 'value'];

/** All points of a metric as they are stored. @throws CLI_NO_SUCH_METRIC */
export async function showHistory(io: Io, run: string, { key, limit, csv }: Wanted): Promise<void> {
  const pages = historyOf(io, run, { key, limit });
  const asTable = io.stdout.isTTY && !csv;
  const { count, more } = await (io.json || asTable ? showAtOnce(io, pages) : streamLines(io, pages, csv));
  if (count === 0) throw runErrors.NO_SUCH_METRIC({ run, key });
  if (more) io.note(`The first ${count} points; more with --limit, all with --all; its course: --chart.`);
}

interface Page {
  readonly points: readonly Point[];
  readonly more: boolean;
}

type Shown = { readonly count: number; readonly more: boolean };

async function showAtOnce(io: Io, pages: AsyncIterable<Page>): Promise<Shown> {
  const points: Point[] = [];
  let more = false;
  for await (const page of pages) {
    for (const point of page.points) points.push(point);
    more = page.more;
  }
  if (points.length > 0 && io.json) io.printJson(points.map(asJson));
  else if (points.length > 0) {
    const rows = points.map(({ step = 0, timestamp, value }) => [step, timeOf(timestamp), shortValue(value)]);
    io.printTable(COLUMNS, rows, ['time']);
  }
  return { count: points.length, more };
}

/** Page by page, so that a million points need no memory. */
async function streamLines(io: Io, pages: AsyncIterable<Page>, csv: boolean): Promise<Shown> {
  let count = 0;
  let more = false;
  for await (const page of pages) {
    const rows = page.points.map(({ step = 0, timestamp, value }) => [step, timeOf(timestamp), value]);
    const [head = [], ...rest] = count === 0 ? [COLUMNS, ...rows] : rows;
    io.stdout.write(csv ? formatCsv([head, ...rest]) : formatTsv(head, rest));
    count += rows.length;
    more = page.more;
  }
  return { count, more };
}

async function* historyOf(io: Io, run_id: string, { key, limit }: Pick<Wanted, 'key' | 'limit'>): AsyncGenerator<Page> {
  let left = limit;
  for (let token: string | undefined; ; ) {
    const query = { run_id, metric_key: key, max_results: Math.min(PAGE, left), ...given({ page_token: token }) };
    const { metrics: points = [], next_page_token: next } = await withNext(
      `Its metrics are in \`bucle runs metrics ${run_id}\`.`,
      getMlflow<{ metrics?: Point[]; next_page_token?: string }>(io, 'metrics/get-history', query),
    );
    left -= points.length;
    if (points.length > 0) yield { points, more: Boolean(next) };
    if (!next || left <= 0) return;
    token = next;
  }
}

function asJson({ step = 0, timestamp, value }: Point) {
  return { step, timestamp, value };
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
