import type { PointKey } from './point-key.ts';

/** Neighbouring points in the order of an axis, added up. */
export interface Piece {
  readonly first: PointKey;
  readonly last: PointKey;
  readonly count: number;
  /** How many of them are NaN: they count in nothing below. */
  readonly nans: number;
  /** Null when all are NaN. */
  readonly min: number | null;
  readonly max: number | null;
  readonly sum: number;
}

export function pieceOf(key: PointKey): Piece {
  if (key.nan === 1) return { first: key, last: key, count: 1, nans: 1, min: null, max: null, sum: 0 };
  return { first: key, last: key, count: 1, nans: 0, min: key.value, max: key.value, sum: key.value };
}

/** Pieces that follow each other, as one. */
export function joinPieces(pieces: readonly [Piece, ...Piece[]]): Piece {
  const [first] = pieces;
  let { last, count, nans, min, max, sum } = first;
  for (let i = 1; i < pieces.length; i += 1) {
    const piece = pieces[i] as Piece;
    last = piece.last;
    count += piece.count;
    nans += piece.nans;
    min = least(min, piece.min);
    max = greatest(max, piece.max);
    sum = bounded(sum + piece.sum);
  }
  return { first: first.first, last, count, nans, min, max, sum };
}

/** Null counts as nothing. */
export function least(x: number | null, y: number | null): number | null {
  return x === null ? y : y === null ? x : Math.min(x, y);
}

export function greatest(x: number | null, y: number | null): number | null {
  return x === null ? y : y === null ? x : Math.max(x, y);
}

/** Of the non-NaN points; null when there is none. */
export function meanOf({ sum, count, nans }: Piece): number | null {
  return count === nans ? null : sum / (count - nans);
}

// ±Infinity is stored as the largest double, and two of those must not add up to what no database keeps.
export function bounded(sum: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, sum));
}

/** At most `most` pieces of about the same number of points each. */
export function mergePieces(pieces: readonly Piece[], most: number): Piece[] {
  if (pieces.length <= most) return [...pieces];
  const total = pieces.reduce((sum, { count }) => sum + count, 0);
  const groups = new Map<number, [Piece, ...Piece[]]>();
  let passed = 0;
  for (const piece of pieces) {
    const group = Math.min(most - 1, Math.floor((passed * most) / total));
    const known = groups.get(group);
    if (known) known.push(piece);
    else groups.set(group, [piece]);
    passed += piece.count;
  }
  return [...groups.values()].map(joinPieces);
}
