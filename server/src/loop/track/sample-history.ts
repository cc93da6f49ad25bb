import type { Context } from '../../context.ts';
import { findSeries } from './metric-series.store.ts';
import type { Stretch } from './pyramid/cover.ts';
import { findRanks } from './pyramid/find-ranks.ts';
import { before, type PlacedPoint, pointAt } from './pyramid/point-key.ts';

export interface HistorySample {
  readonly run: string;
  readonly key: string;
  /** Both included; null: all. */
  readonly steps: { readonly start: number; readonly end: number } | null;
  /** No more points than these are answered. */
  readonly limit: number;
}

/**
 * A metric's course, thinned evenly by point: the first of each of `limit` equal parts, and the very last point.
 * By step, then time.
 */
export async function sampleHistory({ db }: Pick<Context, 'db'>, sample: HistorySample): Promise<PlacedPoint[]> {
  const { run, key, steps, limit } = sample;
  const series = await findSeries(db.read, run, key);
  if (!series) return [];
  const stretch: Stretch = {
    series: series.id,
    axis: 'step',
    after: steps && before(steps.start),
    end: steps && before(steps.end + 1),
  };
  const keys = await findRanks(db.scan, stretch, { wanted: limit, placesIn: (count) => sampledPlaces(count, limit) });
  return keys.map((place) => pointAt('step', place));
}

/** The first place of each part when so many points are dealt into `limit` parts, larger ones first; then the last. */
export function sampledPlaces(count: number, limit: number): number[] {
  if (count <= limit) return Array.from({ length: count }, (_, i) => i);
  const size = Math.floor(count / limit);
  const larger = count % limit;
  const places = Array.from({ length: limit }, (_, i) => i * size + Math.min(i, larger));
  return [...places.slice(0, -1), count - 1];
}
