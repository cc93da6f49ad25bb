import type { Context } from '../../context.ts';
import type { Db, Trx } from '../../database.ts';
import { findMonitor } from './monitor.store.ts';
import { listFinal, markChanged } from './quality.store.ts';
import { requestQuality } from './request-quality.ts';
import { windowStart } from './window.ts';

type Parts = Pick<Context, 'clock' | 'jobs'>;

/** The quality of the windows of these event times is computed anew; without a monitor there are no windows. */
export async function touchWindows(
  parts: Parts,
  trx: Trx,
  endpoint: string,
  eventTimes: readonly number[],
): Promise<void> {
  if (eventTimes.length === 0) return;
  const monitor = await findMonitor(trx, endpoint);
  if (!monitor) return;
  await markChanged(trx, endpoint, startsOf(eventTimes, monitor.windowMs), monitor.windowMs);
  await requestQuality(parts, trx, endpoint);
}

/** Which of the windows of these event times are final by now. */
export async function windowsOf(
  db: Db,
  endpoint: string,
  eventTimes: readonly number[],
): Promise<{ isFinal(eventTime: number): boolean }> {
  const monitor = await findMonitor(db, endpoint);
  if (!monitor) return { isFinal: () => false };
  const { windowMs } = monitor;
  const final = new Set(await listFinal(db, endpoint, startsOf(eventTimes, windowMs)));
  return { isFinal: (eventTime) => final.has(windowStart(eventTime, windowMs)) };
}

/** Each once, oldest first: everybody takes them in one order. */
function startsOf(eventTimes: readonly number[], windowMs: number): number[] {
  return [...new Set(eventTimes.map((time) => windowStart(time, windowMs)))].sort((one, other) => one - other);
}
