import { engineErrors, faultOf } from '../../../engines/errors.ts';
import { type PredictionMeaning, scoreOf } from '../../../engines/prediction-meaning.ts';
import type { Value } from '../../../engines/values.ts';
import { BucleError } from '../../../platform/errors.ts';
import { type ArmCounters, type ArmCounts, latencyBin } from '../../deploy/index.ts';
import type { Split } from './traffic-split.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type ErrorClass = keyof ArmCounts['errors'];

/** One deployment under one split, counted since this gateway started. */
interface Cell extends Omit<ArmCounters, 'counts'> {
  readonly counts: Mutable<ArmCounts>;
}

/** How one request that the split sent somewhere went. */
export interface ArmCount {
  answered(outputs: readonly Value[]): void;
  failed(error: unknown): void;
}

export interface ArmCounting {
  /** Begins to count a request, when its deployment is chosen: the split in force then is what counts. */
  begin(chosen: {
    readonly endpoint: string;
    readonly deployment: string;
    readonly split: Split;
    readonly meaning: PredictionMeaning | null;
  }): ArmCount;
  /** Of these endpoints; the counts are copies. */
  counters(endpoints: ReadonlySet<string>): ArmCounters[];
  /** Requests that were counted since the start. */
  total(): number;
}

/** Cells that are kept; of those that are not in use any more the oldest go. */
const MOST_CELLS = 200;
const MOST_CLASSES = 50;

/** Counts what each version answers, by the split that sent it there: what the guards of a rollout compare. */
export function countArms(): ArmCounting {
  const cells = new Map<string, Cell>();
  let made = 0;
  let total = 0;
  const cellFor = (endpoint: string, deployment: string, split: Split): Cell => {
    const name = `${endpoint} ${deployment} ${JSON.stringify(split)}`;
    const known = cells.get(name);
    if (known) return known;
    made += 1;
    const share = split[deployment] ?? 0;
    const cell: Cell = { cell: made, endpoint, deployment, share, split: { ...split }, counts: noCounts() };
    cells.set(name, cell);
    const [oldest] = cells.keys();
    // A split that comes back gets a new number, so that no counter ever goes back.
    if (cells.size > MOST_CELLS && oldest !== undefined) cells.delete(oldest);
    return cell;
  };
  return {
    begin({ endpoint, deployment, split, meaning }) {
      const { counts } = cellFor(endpoint, deployment, split);
      const began = performance.now();
      const count = () => {
        counts.requests += 1;
        total += 1;
      };
      return {
        answered([first]) {
          count();
          add(counts.latency, String(latencyBin(performance.now() - began)));
          if (meaning !== null && first !== undefined)
            add(counts.predictions, binOf(first, meaning, counts.predictions));
        },
        failed(error) {
          count();
          counts.errors[classOf(error)] += 1;
        },
      };
    },
    counters: (endpoints) =>
      [...cells.values()]
        .filter(({ endpoint }) => endpoints.has(endpoint))
        .map((cell) => ({ ...cell, counts: structuredClone(cell.counts) })),
    total: () => total,
  };
}

const OVERLOADED: ReadonlySet<string> = new Set(['ENGINE_OVERLOADED', 'ENGINE_CLOSED']);
const DEADLINE = engineErrors.DEADLINE().code;

/** Whose fault it was; what nobody foresaw is the model's, or what was built around it. */
function classOf(error: unknown): ErrorClass {
  if (!(error instanceof BucleError)) return 'model';
  if (error.code === DEADLINE) return 'timeout';
  if (OVERLOADED.has(error.code)) return 'overload';
  return faultOf(error) === 'client' ? 'client' : 'model';
}

/** What a prediction counts as: twentieths of a probability, the class, an eighth of a doubling of a value. */
function binOf(output: Value, meaning: PredictionMeaning, bins: ArmCounts['predictions']): string {
  const score = scoreOf(output, meaning);
  if (score === null) return 'none';
  if (typeof score === 'string') {
    const name = score.slice(0, 100);
    return bins[name] !== undefined || Object.keys(bins).length < MOST_CLASSES ? name : 'others';
  }
  if (meaning.kind === 'probability') return String(Math.min(19, Math.max(0, Math.floor(score * 20))));
  const size = Math.min(400, Math.max(0, 1 + Math.floor(8 * Math.log2(Math.abs(score) / 1e-3))));
  return String(Math.sign(score) * size);
}

function add(bins: Record<string, number>, bin: string): void {
  bins[bin] = (bins[bin] ?? 0) + 1;
}

function noCounts(): Mutable<ArmCounts> {
  return { requests: 0, errors: { client: 0, model: 0, timeout: 0, overload: 0 }, latency: {}, predictions: {} };
}
