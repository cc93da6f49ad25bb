import { BucleError } from '../platform/errors.ts';
import { type CompareOptions, type Comparison, compareOutputs } from './compare-outputs.ts';
import type { Engine } from './engine.ts';
import { faultOf } from './errors.ts';
import type { Golden, GoldenRequest } from './golden.ts';
import type { ParityCheck } from './parity-report.ts';
import type { ModelInput, Value } from './values.ts';

export type CheckName = ParityCheck['name'];

/** One recorded row and what it has to give. */
export interface GoldenRow {
  readonly request: GoldenRequest;
  /** Within its request. */
  readonly row: number;
  readonly values: readonly Value[];
  readonly expected: Value;
}

export interface RowResult {
  readonly golden: GoldenRow;
  readonly comparison: Comparison;
  /** The whole answer for the row; null when it was refused. */
  readonly got: Value;
  /** Why the worker refused it. */
  readonly refusal: string | null;
}

export interface Replayed {
  readonly name: CheckName;
  readonly results: readonly RowResult[];
}

const TIMEOUT_MS = 60_000;
const AT_ONCE = 8;
const CONCURRENT_ROWS = 64;

/** All rows that have to be answered. */
export function goldenRows({ requests }: Golden): GoldenRow[] {
  return requests.flatMap((request) =>
    (request.outputs ?? []).map((expected, row) => ({ request, row, values: request.rows[row] ?? [], expected })),
  );
}

export type Replay = (rows: readonly GoldenRow[]) => Promise<Replayed>;

/** The ways to send the golden rows; each compares every answer with the recorded one. */
export function replays(engine: Engine, options: CompareOptions): Record<CheckName, Replay> {
  const ask = (rows: readonly GoldenRow[]) => answer(engine, rows, options);
  const inBatches = async (rows: readonly GoldenRow[]) => (await sequentially(byRequest(rows), ask)).flat();
  return {
    'one-by-one': async (rows) => ({
      name: 'one-by-one',
      results: (await sequentially(rows, (row) => ask([row]))).flat(),
    }),
    batch: async (rows) => ({ name: 'batch', results: await inBatches(rows) }),
    shuffled: async (rows) => ({
      name: 'shuffled',
      results: (await sequentially(byColumns(shuffle(rows)), ask)).flat(),
    }),
    twice: async (rows) => {
      const first = await inBatches(rows);
      // The second time must give what the first gave, whatever was recorded.
      const again = first.map(({ golden, got }) => ({ ...golden, expected: got }));
      return { name: 'twice', results: await inBatches(again) };
    },
    concurrent: async (rows) => {
      const some = shuffle(rows).slice(0, CONCURRENT_ROWS);
      const lanes = Array.from({ length: AT_ONCE }, (_, lane) => some.filter((_row, at) => at % AT_ONCE === lane));
      const results = await Promise.all(lanes.map((lane) => sequentially(lane, (row) => ask([row]))));
      return { name: 'concurrent', results: results.flat(2) };
    },
  };
}

/** Sends rows of one shape in one request. @throws what is neither the model's nor the caller's fault */
export async function answer(
  engine: Engine,
  rows: readonly GoldenRow[],
  options: CompareOptions,
): Promise<RowResult[]> {
  const refused = (reason: string) =>
    rows.map((golden) => ({
      golden,
      comparison: {
        same: false,
        difference: Number.POSITIVE_INFINITY,
        flip: false,
        output: null,
        expected: golden.expected,
        got: null,
      },
      got: null,
      refusal: reason,
    }));
  const outcome = await outcomeOf(engine, toInput(rows));
  if ('refusal' in outcome) return refused(outcome.refusal);
  if (outcome.outputs.length !== rows.length) {
    return refused(`it answered ${outcome.outputs.length} rows for ${rows.length}`);
  }
  return rows.map((golden, at) => {
    const got = outcome.outputs[at] ?? null;
    return { golden, comparison: compareOutputs(golden.expected, got, options), got, refusal: null };
  });
}

type Outcome = { readonly outputs: readonly Value[] } | { readonly refusal: string };

/** @throws what says nothing about the model, such as an overload */
export async function outcomeOf(engine: Engine, input: ModelInput): Promise<Outcome> {
  try {
    return await engine.predict({ input }, { timeoutMs: TIMEOUT_MS });
  } catch (error) {
    if (error instanceof BucleError && faultOf(error) !== 'platform') return { refusal: error.message };
    throw error;
  }
}

export function toInput(rows: readonly GoldenRow[]): ModelInput {
  const request = rows[0]?.request;
  const values = rows.map((row) => row.values);
  if (request?.positional) return { kind: 'tensor', tensor: values };
  return { kind: 'table', columns: request?.columns ?? [], rows: values };
}

function byRequest(rows: readonly GoldenRow[]): GoldenRow[][] {
  return [...Map.groupBy(rows, ({ request }) => request).values()];
}

function byColumns(rows: readonly GoldenRow[]): GoldenRow[][] {
  const key = ({ request }: GoldenRow) => JSON.stringify([request.positional, request.columns]);
  return [...Map.groupBy(rows, key).values()];
}

/** The same order each time: multiplication by a number that shares no factor with the length. */
export function shuffle<T>(items: readonly T[]): T[] {
  const { length } = items;
  if (length < 3) return [...items].reverse();
  let step = Math.floor(length * 0.618) + 1;
  while (greatestDivisor(step, length) !== 1) step += 1;
  return items.map((_, at) => items[(at * step + 1) % length] as T);
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

async function sequentially<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
