import type { Sealed } from './pyramid/add-points.ts';
import type { Axis, PlacedPoint } from './pyramid/point-key.ts';

/** All points of one metric of one run, and what is known of them without reading them. */
export interface Series {
  readonly id: number;
  readonly key: string;
  /** Null before the first point. */
  readonly summary: Summary | null;
  readonly sealed: Readonly<Record<Axis, Sealed>>;
}

export interface Extreme {
  readonly value: number;
  /** The lowest of those that have this value. */
  readonly step: number;
}

export interface Summary {
  readonly count: number;
  /** How many are NaN: they are neither the minimum nor the maximum. */
  readonly nans: number;
  /** By step, then time, then value. */
  readonly first: PlacedPoint;
  readonly latest: PlacedPoint;
  /** Null when all are NaN. */
  readonly min: Extreme | null;
  readonly max: Extreme | null;
}

/** The same whatever the order in which points arrive. */
export function summarise(known: Summary | null, points: readonly PlacedPoint[]): Summary | null {
  let summary = known;
  for (const point of points) summary = summary === null ? ofOne(point) : withPoint(summary, point);
  return summary;
}

function ofOne(point: PlacedPoint): Summary {
  const extreme = point.is_nan === 1 ? null : { value: point.value, step: point.step };
  return { count: 1, nans: point.is_nan, first: point, latest: point, min: extreme, max: extreme };
}

function withPoint(summary: Summary, point: PlacedPoint): Summary {
  const { count, nans, first, latest, min, max } = summary;
  return {
    count: count + 1,
    nans: nans + point.is_nan,
    first: comparePlaces(point, first) < 0 ? point : first,
    latest: comparePlaces(point, latest) > 0 ? point : latest,
    min: point.is_nan === 1 ? min : extremeOf(min, point, -1),
    max: point.is_nan === 1 ? max : extremeOf(max, point, 1),
  };
}

function extremeOf(known: Extreme | null, { value, step }: PlacedPoint, sign: 1 | -1): Extreme {
  if (known === null || (value - known.value) * sign > 0) return { value, step };
  return value === known.value && step < known.step ? { value, step } : known;
}

/** By step, then time, then value: the latest point is the last one. */
export function comparePlaces(x: PlacedPoint, y: PlacedPoint): number {
  if (x.step !== y.step) return x.step - y.step;
  if (x.timestamp !== y.timestamp) return x.timestamp - y.timestamp;
  if (x.value !== y.value) return x.value < y.value ? -1 : 1;
  return x.is_nan - y.is_nan;
}
