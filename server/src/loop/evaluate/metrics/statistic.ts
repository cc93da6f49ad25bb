import type { Blocks } from './blocks.ts';

/** A metric of fixed rows, for any choice of their blocks: what a bootstrap computes again and again. */
export interface Statistic {
  /** `weights`: how often each block counts; null: every block once. Null: it has no value there. */
  value(weights: Float64Array | null): number | null;
  /** Roughly the additions that one value costs. */
  readonly cost: number;
}

/** One that is made of sums over rows: they are added up per block once. */
export function sumStatistic(
  blocks: Blocks,
  width: number,
  /** Adds what a row contributes, from `offset` on. */
  add: (sums: Float64Array, offset: number, row: number) => void,
  finish: (sums: Float64Array) => number | null,
): Statistic {
  const table = new Float64Array(blocks.count * width);
  for (let row = 0; row < blocks.of.length; row += 1) add(table, (blocks.of[row] ?? 0) * width, row);
  const sums = new Float64Array(width);
  return {
    cost: blocks.count * width,
    value(weights) {
      sums.fill(0);
      for (let block = 0; block < blocks.count; block += 1) {
        const weight = weights === null ? 1 : (weights[block] ?? 0);
        if (weight === 0) continue;
        for (let column = 0; column < width; column += 1) {
          sums[column] = (sums[column] ?? 0) + weight * (table[block * width + column] ?? 0);
        }
      }
      return finish(sums);
    },
  };
}

/** One that depends on the order of the scores. */
export function rankStatistic(
  blocks: Blocks,
  { scores, positive }: { readonly scores: Float64Array; readonly positive: Uint8Array },
  /** Sees, from the highest score down, the positives and negatives of equal score. */
  walk: () => { add(positives: number, negatives: number): void; finish(): number | null },
): Statistic {
  const order = Int32Array.from(scores, (_, row) => row).sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
  return {
    cost: scores.length * 2,
    value(weights) {
      const walker = walk();
      let positives = 0;
      let negatives = 0;
      for (let at = 0; at < order.length; at += 1) {
        const row = order[at] ?? 0;
        const weight = weights === null ? 1 : (weights[blocks.of[row] ?? 0] ?? 0);
        if (positive[row] === 1) positives += weight;
        else negatives += weight;
        const next = order[at + 1];
        if (next !== undefined && scores[next] === scores[row]) continue;
        walker.add(positives, negatives);
        positives = 0;
        negatives = 0;
      }
      return walker.finish();
    },
  };
}
