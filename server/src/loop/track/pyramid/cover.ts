import type { Db } from '../../../database.ts';
import { listKeys } from './key.store.ts';
import { listNodes, type Node, TOP_LEVEL } from './node.store.ts';
import { type Piece, pieceOf } from './piece.ts';
import { type Axis, compareKeys, LOWEST, type PointKey } from './point-key.ts';

export interface Stretch {
  readonly series: number;
  readonly axis: Axis;
  /** Later than it; null: from the beginning. */
  readonly after: PointKey | null;
  /** Earlier than it; null: to the end. */
  readonly end: PointKey | null;
}

/** The level of single points. */
export const POINTS = -1;

/** A piece may hold so many times the points that it would hold if all were equal. */
const UNEVEN = 4;

/**
 * The points of a stretch in about `wanted` pieces or more, if there are so many points: on the coarsest level whose
 * nodes are small enough. However long the series is, it reads some ten rows per level and a fixed number per piece.
 */
export async function coverWith(db: Db, stretch: Stretch, wanted: number): Promise<Covering[]> {
  for (let level = TOP_LEVEL; level > POINTS; level -= 1) {
    const pieces = await cover(db, stretch, level);
    const greatest = pieces.reduce((most, { count }) => Math.max(most, count), 0);
    if (greatest * wanted <= UNEVEN * countOf(pieces)) return pieces;
  }
  return cover(db, stretch, POINTS);
}

export function countOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { count }) => sum + count, 0);
}

/** A piece, and the level of the node that it is. */
export type Covering = Piece & { readonly start: PointKey; readonly level: number };

/** All points of a stretch: nodes of this level, and finer ones at its ends. */
export async function cover(db: Db, stretch: Stretch, level: number): Promise<Covering[]> {
  const { after, end } = stretch;
  if (level === POINTS) {
    const keys = await listKeys(db, stretch, { after, end });
    return keys.map((key) => ({ ...pieceOf(key), start: key, level }));
  }
  const nodes = await listNodes(db, { ...stretch, level }, { after, end });
  const [first] = nodes;
  const last = nodes.at(-1);
  if (first === undefined || last === undefined) return cover(db, stretch, level - 1);
  const isWholeStart = compareKeys(first.start, LOWEST) === 0;
  return [
    ...(isWholeStart ? [] : await cover(db, { ...stretch, end: first.start }, level - 1)),
    ...nodes.map((node: Node) => ({ ...node, level })),
    ...(await cover(db, { ...stretch, after: last.last }, level - 1)),
  ];
}
