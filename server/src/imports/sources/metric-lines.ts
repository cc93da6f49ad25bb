import { createInterface } from 'node:readline';
import { openPlain } from './folder-files.ts';
import type { Series } from './source.ts';
import { clampValue } from './values.ts';

type Point = Series['points'][number];

/** A line of a metric's file: a point, and what comes after it (run, dataset). Null: no such line. */
export interface MetricLine {
  readonly point: Point | null;
  readonly rest: readonly string[];
}

/** `timestamp value step …`, a line each; very old ones have no step. @throws what the file system says */
export async function* readMetricLines(path: string): AsyncGenerator<MetricLine> {
  await using file = await openPlain(path);
  for await (const line of createInterface({
    input: file.createReadStream({ autoClose: false }),
    crlfDelay: Infinity,
  })) {
    const text = line.trim();
    if (text === '') continue;
    const [time = '', value = '', step = '0', ...rest] = text.split(' ');
    yield { point: toPoint(time, value, step), rest };
  }
}

function toPoint(time: string, text: string, step: string): Point | null {
  const point = { timestamp: toInteger(time), step: toInteger(step), value: toValue(text) };
  if (point.value === null || !Number.isSafeInteger(point.timestamp) || !Number.isSafeInteger(point.step)) return null;
  return point.timestamp < 0 ? null : { ...point, value: point.value };
}

function toInteger(text: string): number {
  return /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
}

/** As Python writes a float. */
function toValue(text: string): number | null {
  if (/^[+-]?nan$/i.test(text)) return Number.NaN;
  if (/^[+-]?inf(inity)?$/i.test(text)) return clampValue(text.startsWith('-') ? -Infinity : Infinity);
  const value = text === '' ? Number.NaN : Number(text);
  return Number.isNaN(value) ? null : clampValue(value);
}

/** Tells points that a database would keep as one. */
export function createSeen(): (point: Point) => boolean {
  const seen = new Set<string>();
  return ({ timestamp, step, value }) => {
    const id = `${timestamp} ${step} ${value === 0 ? 0 : value}`;
    if (seen.has(id)) return true;
    seen.add(id);
    return false;
  };
}
