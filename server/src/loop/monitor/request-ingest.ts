import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';

export const INGEST_KIND = 'monitor.ingest';
export const REFERENCE_KIND = 'monitor.reference';
const SLOT_MS = 200;

/**
 * Has what waits of an endpoint counted soon. Requests of one slot share a job that begins when the slot is over, so
 * that none comes to a job that has already looked.
 */
export function requestIngest(parts: Pick<Context, 'clock' | 'jobs'>, trx: Trx, endpoint: string): Promise<string> {
  return request(parts, trx, INGEST_KIND, endpoint);
}

/** Has the reference of the stable version built, if there is none. */
export function requestReference(parts: Pick<Context, 'clock' | 'jobs'>, trx: Trx, endpoint: string): Promise<string> {
  return request(parts, trx, REFERENCE_KIND, endpoint);
}

function request({ clock, jobs }: Pick<Context, 'clock' | 'jobs'>, trx: Trx, kind: string, endpoint: string) {
  const slot = Math.floor(clock.now() / SLOT_MS);
  return jobs.enqueue(trx, { kind, key: `${endpoint}@${slot}`, payload: { endpoint }, runAt: (slot + 1) * SLOT_MS });
}
