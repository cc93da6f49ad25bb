import type { Db } from '../../database.ts';
import { WORKSPACE } from './prediction.ts';

/** What of a batch belongs to an endpoint; `readBatch` reads it. */
export interface ListedBatch {
  readonly log: string;
  readonly first: number;
  readonly captures: number;
  /** Of the endpoint's captures in it, milliseconds. */
  readonly minEventTime: number;
  readonly maxEventTime: number;
}

export interface BatchRange {
  readonly endpoint: string;
  /** Event time, included. */
  readonly from?: number;
  /** Event time, not included. */
  readonly to?: number;
  readonly limit: number;
  /** The last one of the page before. */
  readonly after?: Pick<ListedBatch, 'maxEventTime' | 'log' | 'first'>;
}

/** Batches that hold captures of an endpoint between two event times, by the latest event time in each. */
export async function listBatches(db: Db, { endpoint, from, to, limit, after }: BatchRange): Promise<ListedBatch[]> {
  let query = db
    .selectFrom('capture_batch_endpoints')
    .select(['log', 'first_offset as first', 'captures'])
    .select(['min_event_time as minEventTime', 'max_event_time as maxEventTime'])
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint);
  if (from !== undefined) query = query.where('max_event_time', '>=', from);
  if (to !== undefined) query = query.where('min_event_time', '<', to);
  if (after !== undefined) {
    const { maxEventTime, log, first } = after;
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('max_event_time', 'log', 'first_offset'), '>', tuple(maxEventTime, log, first)),
    );
  }
  return query.orderBy('max_event_time').orderBy('log').orderBy('first_offset').limit(limit).execute();
}
