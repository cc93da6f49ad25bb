import type { Context } from '../../context.ts';
import type { PredictionMeaning } from '../deploy/index.ts';
import { readBatch } from '../serve/index.ts';
import { type CapturedRow, predictionOf, toRows, valuesOf } from './fold-captures.ts';
import { listWaitingBatches } from './ingest.store.ts';
import { watermarkOf } from './monitor.store.ts';
import type { Monitor } from './monitor.ts';
import { kindOf } from './prediction-reference.ts';
import { type FeatureBinning, makeBinning } from './statistics/index.ts';
import { windowStart } from './window.ts';
import { PREDICTION } from './window-profile.ts';

type Parts = Pick<Context, 'db' | 'blobs'>;

/** So many rows show well enough where values lie. */
const ENOUGH_ROWS = 2_000;
const MOST_BATCHES = 100;

export interface CapturedSample {
  /** By column. */
  readonly values: ReadonlyMap<string, readonly unknown[]>;
  readonly predictions: readonly (number | string | null)[];
  readonly rows: number;
}

/**
 * Values of the first captures, to make bins from; null while there are too few: until there are 2,000 rows, or the
 * first window is over.
 */
export async function sampleCaptures(
  parts: Parts,
  monitor: Monitor,
  meaning: PredictionMeaning | null,
): Promise<CapturedSample | null> {
  const { endpoint, windowMs, latenessMs } = monitor;
  const sample = new Sampling(meaning);
  for (const { log, first_offset } of await listWaitingBatches(parts.db.read, endpoint, { limit: MOST_BATCHES })) {
    const captures = await readBatch(parts, { log, first: first_offset });
    for (const row of toRows(captures.filter((capture) => capture.endpoint === endpoint))) sample.add(row);
    if (sample.rows >= ENOUGH_ROWS) return sample;
  }
  const watermark = (await watermarkOf(parts.db.read, endpoint)) ?? Number.NEGATIVE_INFINITY;
  const isOver = sample.rows > 0 && watermark >= windowStart(sample.oldest, windowMs) + windowMs + latenessMs;
  return isOver ? sample : null;
}

class Sampling implements CapturedSample {
  readonly values = new Map<string, unknown[]>();
  readonly predictions: (number | string | null)[] = [];
  oldest = Number.POSITIVE_INFINITY;
  readonly #meaning: PredictionMeaning | null;

  constructor(meaning: PredictionMeaning | null) {
    this.#meaning = meaning;
  }

  get rows(): number {
    return this.predictions.length;
  }

  add(row: CapturedRow): void {
    if (!row.plausible) return;
    this.oldest = Math.min(this.oldest, row.eventTime);
    this.predictions.push(predictionOf(row.capture, row.row, this.#meaning));
    const cells = valuesOf(row);
    for (const [at, column] of (row.capture.columns ?? []).entries()) {
      const list = this.values.get(column);
      if (list) list.push(cells[at]);
      else this.values.set(column, [cells[at]]);
    }
  }
}

export function binCaptures({ values }: CapturedSample, features: readonly string[]): FeatureBinning[] {
  return features.map((feature) => makeBinning(feature, values.get(feature) ?? []));
}

export function binPredictions({ predictions }: CapturedSample, meaning: PredictionMeaning): FeatureBinning {
  return makeBinning(PREDICTION, predictions, kindOf(meaning));
}
