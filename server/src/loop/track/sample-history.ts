import type { Context } from '../../context.ts';
import { listPointsAt, listSampledSteps } from './metric.store.ts';
import type { Point } from './run.ts';

export interface HistorySample {
  readonly run: string;
  readonly key: string;
  /** Both included; null: all. */
  readonly steps: { readonly start: number; readonly end: number } | null;
  /** About as many points as are wanted. */
  readonly limit: number;
}

/** A metric's course, thinned evenly by step; the first and the last step are always there. By step, then time. */
export async function sampleHistory({ db }: Pick<Context, 'db'>, sample: HistorySample): Promise<Point[]> {
  const steps = await listSampledSteps(db.scan, sample);
  return listPointsAt(db.scan, { run: sample.run, key: sample.key, steps });
}
