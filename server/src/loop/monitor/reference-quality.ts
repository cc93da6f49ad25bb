import type { Db } from '../../database.ts';
import type { MetricName } from '../evaluate/index.ts';
import { listReferenceWindows } from './reference.store.ts';

/** Quality of one window of out-of-fold predictions. */
export interface ReferenceQuality {
  /** Labelled rows. */
  readonly rows: number;
  readonly metrics: readonly { readonly name: MetricName; readonly value: number; readonly standardError: number }[];
}

/** Of the windows that the version's training run left with labels, oldest first; empty when it left none. */
export async function listReferenceQuality(
  db: Db,
  endpoint: string,
  version: string,
): Promise<(ReferenceQuality & { readonly start: number })[]> {
  const windows = await listReferenceWindows(db, { endpoint, version, part: 'prediction' });
  return windows.flatMap(({ start, quality }) =>
    quality === null ? [] : [{ start, ...(quality as ReferenceQuality) }],
  );
}
