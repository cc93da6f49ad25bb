/** What the points of a series are ordered by. */
export type Axis = 'step' | 'time';

/** Place of a point in the order of an axis: by step (a), time (b), value, or by time (a), step (b), value. */
export interface PointKey {
  readonly a: number;
  readonly b: number;
  /** 0 where `nan`. */
  readonly value: number;
  readonly nan: number;
}

/** Before every point. */
export const LOWEST: PointKey = {
  a: Number.MIN_SAFE_INTEGER,
  b: Number.MIN_SAFE_INTEGER,
  value: -Number.MAX_VALUE,
  nan: 0,
};

/** A point as its row has it. */
export interface PlacedPoint {
  step: number;
  timestamp: number;
  value: number;
  is_nan: number;
}

export function keyOn(axis: Axis, { step, timestamp, value, is_nan: nan }: PlacedPoint): PointKey {
  return axis === 'step' ? { a: step, b: timestamp, value, nan } : { a: timestamp, b: step, value, nan };
}

export function compareKeys(x: PointKey, y: PointKey): number {
  return x.a - y.a || x.b - y.b || (x.value === y.value ? x.nan - y.nan : x.value < y.value ? -1 : 1);
}

/** Before all points at `a` and after all that come earlier. */
export function before(a: number): PointKey {
  return { ...LOWEST, a };
}

export function pointAt(axis: Axis, { a, b, value, nan }: PointKey): PlacedPoint {
  return axis === 'step'
    ? { step: a, timestamp: b, value, is_nan: nan }
    : { step: b, timestamp: a, value, is_nan: nan };
}
