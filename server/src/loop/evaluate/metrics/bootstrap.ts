import { setImmediate } from 'node:timers/promises';
import { type Blocks, drawBlocks, seededRandom } from './blocks.ts';
import { deviationOf, type Interval, percentileInterval } from './intervals.ts';

export const SEED = 20_010_101;
const MOST_DRAWS = 2_000;
const LEAST_DRAWS = 200;
/** Additions that one bootstrap may cost. */
const BUDGET = 1e8;
/** When more of the draws have no value, there is no interval. */
const MOST_EMPTY = 0.05;
const TURN_MS = 8;

export interface Drawn extends Interval {
  /** Standard deviation of the draws. */
  readonly deviation: number;
  readonly draws: number;
}

/** The same for the same rows, so that a decision can be computed again. */
export function drawsFor(cost: number): number {
  return Math.max(LEAST_DRAWS, Math.min(MOST_DRAWS, Math.floor(BUDGET / Math.max(1, cost))));
}

export interface BootstrapQuestion {
  readonly blocks: Blocks;
  readonly seed: number;
  readonly draws: number;
  readonly value: (weights: Float64Array) => number | null;
}

/** Null: too many of the draws have no value. */
export function bootstrap(question: BootstrapQuestion): Drawn | null {
  const drawing = startDrawing(question);
  for (let draw = 0; draw < question.draws; draw += 1) drawing.next();
  return drawing.finish();
}

/** The same, with turns for whatever else this thread has to do. */
export async function bootstrapInTurns(question: BootstrapQuestion, signal?: AbortSignal): Promise<Drawn | null> {
  const drawing = startDrawing(question);
  let since = performance.now();
  for (let draw = 0; draw < question.draws; draw += 1) {
    drawing.next();
    if (performance.now() - since < TURN_MS) continue;
    await setImmediate();
    signal?.throwIfAborted();
    since = performance.now();
  }
  return drawing.finish();
}

function startDrawing({ blocks, seed, draws, value }: BootstrapQuestion) {
  const weights = new Float64Array(blocks.count);
  const random = seededRandom(seed);
  const values: number[] = [];
  return {
    next() {
      drawBlocks(weights, random);
      const drawn = value(weights);
      if (drawn !== null) values.push(drawn);
    },
    finish(): Drawn | null {
      if (blocks.count < 2 || values.length < draws * (1 - MOST_EMPTY)) return null;
      const found = Float64Array.from(values);
      return { ...percentileInterval(found, blocks.count), deviation: deviationOf(found), draws };
    },
  };
}
