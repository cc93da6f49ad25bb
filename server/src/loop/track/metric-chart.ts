import type { Db } from '../../database.ts';
import type { Series } from './metric-series.ts';
import { countOf, coverWith } from './pyramid/cover.ts';
import { meanOf, mergePieces, type Piece } from './pyramid/piece.ts';
import { type Axis, before, type PointKey } from './pyramid/point-key.ts';

export interface ChartRange {
  readonly axis: Axis;
  /** Steps, or milliseconds since the epoch; both included; null: all. */
  readonly from: number | null;
  readonly to: number | null;
  /** No more buckets than these are answered. */
  readonly buckets: number;
}

/** Neighbouring points of a chart. NaN counts in `count` and `nans` only. */
export interface Bucket {
  /** Where its first and last points are: steps, or milliseconds since the epoch. */
  readonly start: number;
  readonly end: number;
  /** Null for NaN, and where all points are NaN. */
  readonly first: number | null;
  readonly last: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly count: number;
  readonly nans: number;
}

/** The course of a metric in buckets of about the same number of points each; single points where there are few. */
export async function chartOf(
  db: Db,
  series: Series,
  { axis, from, to, buckets }: ChartRange,
): Promise<{ readonly total: number; readonly buckets: Bucket[] }> {
  const stretch = {
    ...{ series: series.id, axis },
    after: from === null ? null : before(from),
    end: to === null || to >= Number.MAX_SAFE_INTEGER ? null : before(to + 1),
  };
  const pieces = await coverWith(db, stretch, buckets);
  return { total: countOf(pieces), buckets: mergePieces(pieces, buckets).map(toBucket) };
}

function toBucket(piece: Piece): Bucket {
  const { first, last, min, max, count, nans } = piece;
  const mean = meanOf(piece);
  return { start: first.a, end: last.a, first: shownValue(first), last: shownValue(last), min, max, mean, count, nans };
}

function shownValue({ value, nan }: PointKey): number | null {
  return nan === 1 ? null : value;
}
