import type { ScoredRow } from './metric.ts';

/** Which rows are drawn together. */
export interface Blocks {
  /** Row → block. */
  readonly of: Int32Array;
  readonly count: number;
  readonly by: 'day' | 'rows';
  /** For a person: `28 days`, `400 rows`, `1000 blocks of consecutive rows`. */
  readonly name: string;
}

/** With fewer days than these, days cannot be resampled. */
const LEAST_DAYS = 5;
const MOST_ROW_BLOCKS = 1_000;

/** Days where there are enough of them, else single rows, or runs of consecutive ones when they are many. */
export function toBlocks(rows: readonly Pick<ScoredRow, 'group'>[]): Blocks {
  const days = new Map<number, number>();
  for (const { group } of rows) if (!days.has(group)) days.set(group, days.size);
  if (days.size >= LEAST_DAYS) {
    const of = Int32Array.from(rows, ({ group }) => days.get(group) ?? 0);
    return { of, count: days.size, by: 'day', name: `${days.size} days` };
  }
  const count = Math.min(rows.length, MOST_ROW_BLOCKS);
  const name = count === rows.length ? `${count} rows` : `${count} blocks of consecutive rows`;
  return { of: Int32Array.from(rows, (_, at) => Math.floor((at * count) / rows.length)), count, by: 'rows', name };
}

/** Uniform numbers in [0, 1), the same for the same seed on every machine. */
export type Random = () => number;

/** Chris Doty-Humphrey's small fast counting generator (sfc32), warmed up from one number. */
export function seededRandom(seed: number): Random {
  let [a, b, c, counter] = [seed | 0, 0x9e3779b9 | 0, 0x243f6a88 | 0, 1];
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
  for (let step = 0; step < 16; step += 1) next();
  return next;
}

/** Draws as many blocks as there are, with replacement: how often each was drawn. */
export function drawBlocks(weights: Float64Array, random: Random): void {
  weights.fill(0);
  for (let drawn = 0; drawn < weights.length; drawn += 1) {
    const block = Math.floor(random() * weights.length);
    weights[block] = (weights[block] ?? 0) + 1;
  }
}
