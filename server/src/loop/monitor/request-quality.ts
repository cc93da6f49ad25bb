import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';

export const QUALITY_KIND = 'monitor.quality';
const PAUSE_MS = 1_000;

/**
 * Has the unsettled windows of an endpoint looked at within about a second. Requests of one second share a job, which
 * begins when that second is over: so none comes to a job that has already looked.
 */
export async function requestQuality(
  { clock, jobs }: Pick<Context, 'clock' | 'jobs'>,
  trx: Trx,
  endpoint: string,
  at = clock.now(),
): Promise<void> {
  const second = Math.floor(at / PAUSE_MS);
  const payload = { endpoint };
  await jobs.enqueue(trx, {
    kind: QUALITY_KIND,
    key: `${endpoint}@${second}`,
    payload,
    runAt: (second + 1) * PAUSE_MS,
  });
}
