import type { Trx } from '../../../database.ts';
import { listKeys } from './key.store.ts';
import {
  FAN_OUT,
  findLastNode,
  findNodeAt,
  LEAF_POINTS,
  type Level,
  listNodes,
  type Node,
  putNodes,
  TOP_LEVEL,
} from './node.store.ts';
import { joinPieces, type Piece, pieceOf } from './piece.ts';
import { type Axis, compareKeys, LOWEST, type PointKey } from './point-key.ts';

/** How far the points of a series are in nodes, on one axis. */
export interface Sealed {
  /** `a` of the last point that is in a leaf; null while there is no leaf. */
  readonly until: number | null;
  /** How many points come after the last leaf. */
  readonly tail: number;
}

/** A write seals at most so many leaves beyond its own: what a migration left unsealed is caught up with step by step. */
const MORE_LEAVES = 64;
/** A node that has grown to so many times its size is cut. */
const OVERFULL = 4;

/**
 * Takes points that were just inserted (each new, in order) into the nodes of an axis.
 *
 * The youngest points of a series are in no node; when there are enough they are sealed into leaves, leaves into nodes
 * of level 1, and so on: that costs a node per 64 points, whatever the length. A point that arrives out of order and
 * falls into a leaf is added to the leaf and to the nodes above, and overfull ones are cut.
 */
export async function addPoints(
  trx: Trx,
  { series, axis }: { readonly series: number; readonly axis: Axis },
  { added, sealed }: { readonly added: readonly PointKey[]; readonly sealed: Sealed },
): Promise<Sealed> {
  const leaves = { series, axis, level: 0 };
  const late = await lateOnes(trx, leaves, added, sealed);
  if (late.length > 0) await addLate(trx, leaves, late);
  const tail = sealed.tail + added.length - late.length;
  return tail < 2 * LEAF_POINTS ? { ...sealed, tail } : sealLeaves(trx, leaves, { ...sealed, tail }, added.length);
}

async function lateOnes(trx: Trx, leaves: Level, added: readonly PointKey[], { until }: Sealed): Promise<PointKey[]> {
  if (until === null) return [];
  const perhaps = added.filter(({ a }) => a <= until);
  if (perhaps.length === 0) return [];
  const last = await findLastNode(trx, leaves);
  return last ? perhaps.filter((key) => compareKeys(key, last.last) < 0) : [];
}

async function sealLeaves(trx: Trx, leaves: Level, { until, tail }: Sealed, added: number): Promise<Sealed> {
  // As many stay as usually arrive out of order.
  const groups = Math.min(MORE_LEAVES + Math.ceil(added / LEAF_POINTS), Math.floor(tail / LEAF_POINTS) - 1);
  const after = until === null ? null : ((await findLastNode(trx, leaves))?.last ?? null);
  const keys = await listKeys(trx, leaves, { after, limit: groups * LEAF_POINTS });
  const nodes = inGroups(keys.map(asChild), LEAF_POINTS).map(toNode);
  const [first] = nodes;
  const last = nodes.at(-1);
  if (!first || !last) return { until, tail };
  await putNodes(trx, leaves, after === null ? [{ ...first, start: LOWEST }, ...nodes.slice(1)] : nodes);
  await sealNodes(trx, { ...leaves, level: 1 });
  return { until: last.last.a, tail: tail - keys.length };
}

async function sealNodes(trx: Trx, at: Level): Promise<void> {
  if (at.level > TOP_LEVEL) return;
  const after = (await findLastNode(trx, at))?.last ?? null;
  const below = await listNodes(trx, { ...at, level: at.level - 1 }, { after });
  if (below.length < 2 * FAN_OUT) return;
  const groups = Math.floor(below.length / FAN_OUT) - 1;
  await putNodes(trx, at, inGroups(below.slice(0, groups * FAN_OUT), FAN_OUT).map(toNode));
  await sealNodes(trx, { ...at, level: at.level + 1 });
}

/** What a node gets: the points that fell into it, and by how many its children became more. */
interface Growth {
  readonly start: PointKey;
  readonly keys: readonly PointKey[];
  readonly children: number;
}

async function addLate(trx: Trx, leaves: Level, keys: readonly PointKey[]): Promise<void> {
  let growing: Growth[] = keys.map((key) => ({ start: key, keys: [key], children: 1 }));
  for (let level = 0; level <= TOP_LEVEL && growing.length > 0; level += 1) {
    const at = { ...leaves, level };
    const last = await findLastNode(trx, at);
    // A child that starts after the last node's end is in no node of this level yet.
    const inside = growing.filter(({ start }) => last !== undefined && compareKeys(start, last.last) <= 0);
    growing = await growNodes(trx, at, inside);
  }
}

async function growNodes(trx: Trx, at: Level, growing: readonly Growth[]): Promise<Growth[]> {
  const touched = new Map<Node, { grown: Node; keys: PointKey[] }>();
  const covering = await listCovering(trx, at, growing);
  for (const [i, { keys, children }] of growing.entries()) {
    const found = covering[i];
    if (!found) throw new Error(`A metric (series ${at.series}) has no node of level ${at.level} at its beginning.`);
    const { grown, keys: earlier } = touched.get(found) ?? { grown: found, keys: [] };
    for (const key of keys) earlier.push(key);
    const pieces = keys.reduce<Piece>(withPoint, grown);
    const node = { ...pieces, start: found.start, children: grown.children + children };
    touched.set(found, { grown: node, keys: earlier });
  }
  const above: Growth[] = [];
  const changed: Node[] = [];
  for (const { grown, keys } of touched.values()) {
    const parts = await cutOverfull(trx, at, grown);
    for (const part of parts) changed.push(part);
    above.push({ start: grown.start, keys, children: parts.length - 1 });
  }
  await putNodes(trx, at, changed);
  return above;
}

/** Nodes in between are read too, if there are not many more than are looked for. */
const NODES_PER_KEY = 8;

/** The node of each start, which ascend. */
async function listCovering(
  trx: Trx,
  at: Level,
  growing: readonly { readonly start: PointKey }[],
): Promise<(Node | undefined)[]> {
  const [first] = growing;
  const last = growing.at(-1);
  if (first === undefined || last === undefined) return [];
  const lowest = await findNodeAt(trx, at, first.start);
  if (lowest === undefined || growing.length === 1) return [lowest];
  const limit = growing.length * NODES_PER_KEY;
  const nodes = await listNodes(trx, at, { from: lowest.start, to: last.start, limit });
  const found: (Node | undefined)[] = [];
  if (nodes.length === limit) {
    for (const { start } of growing) found.push(await findNodeAt(trx, at, start));
    return sharedNodes(found);
  }
  let next = 0;
  for (const { start } of growing) {
    while (nodes[next + 1] !== undefined && compareKeys((nodes[next + 1] as Node).start, start) <= 0) next += 1;
    found.push(nodes[next]);
  }
  return found;
}

/** The same object for the same node; they ascend. */
function sharedNodes(found: readonly (Node | undefined)[]): (Node | undefined)[] {
  const shared: (Node | undefined)[] = [];
  for (const node of found) {
    const previous = shared.at(-1);
    shared.push(node && previous && compareKeys(node.start, previous.start) === 0 ? previous : node);
  }
  return shared;
}

async function cutOverfull(trx: Trx, at: Level, node: Node): Promise<Node[]> {
  const size = at.level === 0 ? LEAF_POINTS : FAN_OUT;
  if (node.children <= OVERFULL * size) return [node];
  const children =
    at.level === 0
      ? (await listKeys(trx, at, { from: node.first, to: node.last })).map(asChild)
      : await listNodes(trx, { ...at, level: at.level - 1 }, { from: node.start, to: node.last });
  const [first, ...rest] = inGroups(children, size).map(toNode);
  return first ? [{ ...first, start: node.start }, ...rest] : [node];
}

function withPoint(piece: Piece, key: PointKey): Piece {
  const { first, last } = piece;
  return {
    ...joinPieces([piece, pieceOf(key)]),
    first: compareKeys(key, first) < 0 ? key : first,
    last: compareKeys(key, last) > 0 ? key : last,
  };
}

type Child = Piece & { readonly start: PointKey };

function asChild(key: PointKey): Child {
  return { ...pieceOf(key), start: key };
}

function toNode(children: readonly [Child, ...Child[]]): Node {
  return { ...joinPieces(children), start: children[0].start, children: children.length };
}

/** The rest joins the last group: no group is smaller than `size`, unless there are fewer in all. */
function inGroups<T>(all: readonly T[], size: number): [T, ...T[]][] {
  const count = Math.max(1, Math.floor(all.length / size));
  const groups = Array.from({ length: count }, (_, i) =>
    all.slice(i * size, i === count - 1 ? undefined : (i + 1) * size),
  );
  return groups.filter((group): group is [T, ...T[]] => group.length > 0);
}
