import { fillPath } from '@bucle/client';
import type { Io } from '../command.ts';
import { formatCount, formatTime, plural } from '../data/format.ts';
import { shortValue } from './format.ts';
import { sparkline } from './sparkline.ts';

interface Bucket {
  readonly start: number;
  readonly end: number;
  readonly first: number | null;
  readonly last: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly count: number;
  readonly nans: number;
}

interface Chart {
  readonly total: number;
  readonly buckets: readonly Bucket[];
}

/** A bar stands for many points; wider than this nobody reads it. */
const WIDEST = 120;
/** The server's buckets are of uneven size; so many for each bar even that out. */
const FINER = 4;

/** The course of a metric in one line as wide as the terminal, drawn from the server's summary of all points. */
export async function showChart(
  io: Io,
  run: string,
  { key, x }: { readonly key: string; readonly x: 'step' | 'time' },
): Promise<void> {
  const width = io.stdout.isTTY ? Math.max(10, Math.min(WIDEST, io.stdout.columns)) : 60;
  const path = fillPath('/api/v1/runs/{run}/metrics/{key}/chart', { run, key });
  const chart = await io.client.request<Chart>('GET', path, {
    query: { x, buckets: width * FINER },
    signal: io.signal,
  });
  if (io.json) io.printJson(chart);
  else for (const line of chartLines(chart, { key, x, width })) io.print(line);
}

function chartLines(
  { total, buckets }: Chart,
  { key, x, width }: { readonly key: string; readonly x: string; readonly width: number },
): string[] {
  const place = (at: number) => (x === 'time' ? formatTime(at) : formatCount(at));
  const number = (value: number | null | undefined) => (value == null ? 'NaN' : String(shortValue(value)));
  const known = (pick: (bucket: Bucket) => number | null) => buckets.map(pick).filter((value) => value !== null);
  const [first, last] = [buckets[0], buckets.at(-1)];
  if (first === undefined || last === undefined) return [`${key}: no points`];
  const least = known(({ min }) => min).reduce<number | null>((a, b) => (a === null || b < a ? b : a), null);
  const most = known(({ max }) => max).reduce<number | null>((a, b) => (a === null || b > a ? b : a), null);
  return [
    `${key}: ${plural(total, 'point')}, ${x} ${place(first.start)} to ${place(last.end)}`,
    sparkline(barsOf(buckets, width)).trimEnd(),
    `first ${number(first.first)}, latest ${number(last.last)}, least ${number(least)}, greatest ${number(most)}`,
  ];
}

/** Means of about the same number of points each; null where all are NaN. */
function barsOf(buckets: readonly Bucket[], width: number): (number | null)[] {
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  const bars = Array.from({ length: Math.min(width, buckets.length) }, () => ({ sum: 0, weight: 0 }));
  let before = 0;
  for (const { mean, count, nans } of buckets) {
    const bar = bars[Math.floor(((before + count / 2) / total) * bars.length)];
    before += count;
    const weight = count - nans;
    if (bar === undefined || mean === null) continue;
    bar.sum += mean * weight;
    bar.weight += weight;
  }
  return bars.map(({ sum, weight }) => (weight === 0 ? null : sum / weight));
}
