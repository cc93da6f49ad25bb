import type { Db } from '../../../database.ts';
import { type Covering, countOf, coverWith, type Stretch } from './cover.ts';
import { seekKeys } from './key.store.ts';
import { listNodes } from './node.store.ts';
import type { PointKey } from './point-key.ts';

/** Pieces are so much finer than what is asked for, since points inside of one are passed one by one. */
const FINER = 2;
/** Nodes of a higher level are looked into. */
const SMALL_LEVEL = 1;

/**
 * The points at some places of a stretch; `placesIn` says which (0 is the first; ascending), given how many there are,
 * and chooses about `wanted`. It passes over counts of nodes, not over points.
 */
export async function findRanks(
  db: Db,
  stretch: Stretch,
  { wanted, placesIn }: { readonly wanted: number; readonly placesIn: (count: number) => readonly number[] },
): Promise<PointKey[]> {
  const pieces = await coverWith(db, stretch, wanted * FINER);
  const places = placesIn(countOf(pieces));
  const found: PointKey[] = [];
  const sought: { readonly index: number; readonly from: PointKey; readonly offset: number }[] = [];
  for (const [index, { piece, offset }] of locate(pieces, places).entries()) {
    const small = await descend(db, stretch, piece, offset);
    const { first, last, count } = small.piece;
    if (small.offset === 0) found[index] = first;
    else if (small.offset === count - 1) found[index] = last;
    else sought.push({ index, from: first, offset: small.offset });
  }
  const keys = await seekKeys(db, stretch, sought);
  for (const [i, { index }] of sought.entries()) {
    const key = keys[i];
    if (key) found[index] = key;
  }
  return found;
}

interface Located {
  readonly piece: Covering;
  /** How many points of the piece come before. */
  readonly offset: number;
}

function locate(pieces: readonly Covering[], places: readonly number[]): Located[] {
  const located: Located[] = [];
  let passed = 0;
  let next = 0;
  for (const piece of pieces) {
    for (let place = places[next]; place !== undefined && place < passed + piece.count; place = places[next]) {
      located.push({ piece, offset: place - passed });
      next += 1;
    }
    passed += piece.count;
  }
  return located;
}

async function descend(db: Db, stretch: Stretch, piece: Covering, offset: number): Promise<Located> {
  if (piece.level <= SMALL_LEVEL || offset === 0 || offset === piece.count - 1) return { piece, offset };
  const level = piece.level - 1;
  const children = await listNodes(db, { ...stretch, level }, { from: piece.start, to: piece.last });
  const [found] = locate(
    children.map((child) => ({ ...child, level })),
    [offset],
  );
  return found ? descend(db, stretch, found.piece, found.offset) : { piece, offset };
}
