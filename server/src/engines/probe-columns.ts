import { type CompareOptions, compareOutputs } from './compare-outputs.ts';
import type { Engine } from './engine.ts';
import { type GoldenRow, outcomeOf, type RowResult, toInput } from './replay-golden.ts';
import type { Value } from './values.ts';

/** The worker that answered wrongly, to be asked further questions. */
export interface Probe {
  readonly engine: Engine;
  readonly options: CompareOptions;
}

interface Candidate {
  readonly cause: string;
  readonly values: readonly Value[];
}

const ROWS = 3;
const MAX_CANDIDATES = 800;

/**
 * Asks with two columns exchanged, for each pair of the same kind, and with all columns in alphabetical order:
 * where the worker then gives what was recorded, it takes one column for the other.
 */
export async function findSwappedColumns(probe: Probe, differing: readonly RowResult[]): Promise<string | null> {
  const rows = differing.slice(0, ROWS).map(({ golden }) => golden);
  const [first, ...others] = rows;
  if (!first) return null;
  const found = await reproducing(probe, first, permutations(first));
  for (const { cause } of found) {
    const agreed = await Promise.all(
      others.map(async (row) => {
        const same = permutations(row).filter((candidate) => candidate.cause === cause);
        return (await reproducing(probe, row, same)).length > 0;
      }),
    );
    if (agreed.every(Boolean)) return `The worker gives the recorded answers when ${cause}.`;
  }
  return null;
}

function permutations({ values, request }: GoldenRow): Candidate[] {
  const name = (at: number) => request.columns[at] ?? `column ${at}`;
  const candidates: Candidate[] = [];
  for (let a = 0; a < values.length; a += 1) {
    for (let b = a + 1; b < values.length && candidates.length < MAX_CANDIDATES; b += 1) {
      if (typeof values[a] !== typeof values[b] || Object.is(values[a], values[b])) continue;
      const swapped = [...values];
      swapped[a] = values[b] ?? null;
      swapped[b] = values[a] ?? null;
      candidates.push({
        cause: `${name(a)} and ${name(b)} are exchanged: it takes one for the other`,
        values: swapped,
      });
    }
  }
  const order = values.map((_, at) => at).sort((a, b) => (name(a) < name(b) ? -1 : 1));
  // A candidate that the worker must refuse would take all others with it: they are asked together.
  const fits = order.every((from, at) => typeof values[from] === typeof values[at]);
  if (fits && order.some((from, at) => from !== at)) {
    const cause = 'the columns stand in alphabetical order: it goes by position, in another order than the signature';
    candidates.push({ cause, values: order.map((from) => values[from] ?? null) });
  }
  return candidates;
}

/** Moves each number to its neighbours in float32: where that alone gives what was recorded, precision is lost. */
export async function findFloat32Column(probe: Probe, differing: readonly RowResult[]): Promise<string | null> {
  if (probe.engine.kind !== 'onnx') return null;
  for (const { golden } of differing.slice(0, ROWS)) {
    const [found] = await reproducing(probe, golden, neighbours(golden));
    if (found) {
      return `The value of ${found.cause} lies closer to a threshold of a tree than float32 can tell, and there it goes the other way: the ONNX form has lost the exact threshold.`;
    }
  }
  return null;
}

function neighbours({ values, request }: GoldenRow): Candidate[] {
  return values.flatMap((value, at) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) return [];
    return [-1, 1].map((direction) => {
      const moved = [...values];
      moved[at] = float32Neighbour(value, direction);
      return { cause: request.columns[at] ?? `column ${at}`, values: moved };
    });
  });
}

function float32Neighbour(value: number, direction: number): number {
  const float = new Float32Array([value]);
  const bits = new Int32Array(float.buffer);
  const sign = (float[0] ?? 0) >= 0 ? 1 : -1;
  bits[0] = (bits[0] ?? 0) + direction * sign;
  return float[0] ?? value;
}

/** Those of the candidates for which the worker gives what was recorded for the row. */
async function reproducing(
  { engine, options }: Probe,
  golden: GoldenRow,
  candidates: readonly Candidate[],
): Promise<Candidate[]> {
  if (candidates.length === 0) return [];
  const outcome = await outcomeOf(engine, toInput(candidates.map(({ values }) => ({ ...golden, values }))));
  if ('refusal' in outcome) return [];
  return candidates.filter((_, at) => compareOutputs(golden.expected, outcome.outputs[at] ?? null, options).same);
}
