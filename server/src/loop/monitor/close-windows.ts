import { setImmediate as breathe } from 'node:timers/promises';
import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { failpoint } from '../../platform/config/failpoint.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import type { JobRun } from '../../platform/jobs/jobs.ts';
import { clearAlert, openAlert } from './alert-life.ts';
import { gatherWindow } from './gather-window.ts';
import { judgeWindow } from './judge-window.ts';
import { lockMonitor } from './lock-monitor.ts';
import { findMonitor, findProgress, writeProgress } from './monitor.store.ts';
import type { Monitor } from './monitor.ts';
import { findReference, type ReferenceRow } from './reference.store.ts';
import { requestReference } from './request-ingest.ts';
import { insertResults } from './result.store.ts';
import type { Signal } from './signal.ts';
import { findStableVersion } from './stable-version.ts';
import { closeWindow, findOpenWindow, findWindow, insertEmptyWindows, type WindowRow } from './window.store.ts';
import { windowRef } from './window.ts';
import { alarmsOf, isJudged, summarise, type WindowResult } from './window-result.ts';

type Parts = Pick<Context, 'db' | 'clock' | 'jobs'>;

/** Of the windows without rows between two with rows so many of the newest get a row of their own. */
const MAX_EMPTY_WINDOWS = 60;

/** What a closed window is judged on; quality has its own time, when labels are mature. */
const judgedSignals: readonly Signal[] = ['data_drift', 'data_quality', 'prediction_drift', 'volume'];

/**
 * Closes, oldest first and each exactly once, every window whose end and lateness the watermark has passed. Waits for
 * the reference of the stable version, and asks for it, when there is none yet.
 */
export async function closeWindows(parts: Parts, run: JobRun, monitor: Monitor): Promise<void> {
  const { endpoint, latenessMs } = monitor;
  for (;;) {
    run.signal.throwIfAborted();
    const window = await findOpenWindow(parts.db.read, endpoint);
    const watermark = (await findProgress(parts.db.read, endpoint))?.watermark ?? null;
    if (!window || watermark === null || watermark < window.end_time + latenessMs) return;
    const version = await findStableVersion(parts.db.read, endpoint);
    const reference = await findReference(parts.db.read, endpoint, version);
    if (!reference) {
      await parts.db.transaction((trx) => requestReference(parts, trx, endpoint));
      return;
    }
    const judgeable = await gatherWindow(parts.db.scan, monitor, window, reference);
    if (!judgeable) return;
    await breathe();
    const results = judgeWindow(judgeable);
    failpoint('window:close:before');
    const closed = await parts.db.transaction(async (trx) => {
      await run.fence(trx);
      return record(trx, parts, { monitor, window, reference, results });
    });
    failpoint('window:close:after');
    if (!closed) return;
  }
}

interface Closing {
  readonly monitor: Monitor;
  readonly window: WindowRow;
  readonly reference: ReferenceRow;
  readonly results: readonly WindowResult[];
}

/** False when the window took rows, or was closed, or the monitor changed since it was judged. */
async function record(trx: Trx, parts: Parts, { monitor, window, reference, results }: Closing): Promise<boolean> {
  const { endpoint } = monitor;
  const { start, end_time: end, row_count: rows } = window;
  await lockMonitor(parts, trx, endpoint);
  const present = await findMonitor(trx, endpoint);
  const progress = await findProgress(trx, endpoint);
  if (!progress || present?.id !== monitor.id || present.revision !== monitor.revision) return false;
  if ((await findWindow(trx, endpoint, start))?.row_count !== rows) return false;
  const skipped = await passEmpty(trx, parts, monitor, { from: progress.closed_until, to: start });
  const alarms = Object.fromEntries(
    judgedSignals.map((signal) => [signal, alarmsOf(results, signal)] as const).filter(([, names]) => names.length > 0),
  );
  const note = skipped > 0 ? `${skipped} older windows without rows before it are not kept` : null;
  const { version } = reference;
  const closed = { version, alarms: JSON.stringify(alarms), note, closed_at: parts.clock.now() };
  if (!(await closeWindow(trx, endpoint, start, closed))) return false;
  await insertResults(trx, endpoint, start, results);
  await writeProgress(trx, endpoint, { closed_until: end });
  const cause = await appendEvent(trx, parts, {
    ...{ type: 'window.closed', subject: windowRef(endpoint, start), actor: 'monitor', eventTime: end },
    data: { endpoint, start, end, rows, version, alarms, skipped },
  });
  const about = { endpoint, window: { start, end }, cause };
  for (const signal of judgedSignals) await settle(trx, parts, { ...about, signal, version, results });
  return true;
}

/** An alarm opens or changes the alert of its signal; a window that was judged and has none clears it. */
async function settle(
  trx: Trx,
  parts: Parts,
  given: {
    readonly endpoint: string;
    readonly signal: Signal;
    readonly window: { readonly start: number; readonly end: number };
    readonly version: string;
    readonly cause: string;
    readonly results: readonly WindowResult[];
  },
): Promise<void> {
  const { results, version, ...about } = given;
  const features = alarmsOf(results, about.signal);
  const alarms = results.some(({ signal, state }) => signal === about.signal && state === 'alarm');
  if (alarms) {
    const summary = summarise(results, about.signal);
    await openAlert(trx, parts, { ...about, features: features.filter((name) => name !== ''), version, summary });
  } else if (isJudged(results, about.signal)) await clearAlert(trx, parts, about);
}

/** Windows without rows since the last closed one become `no_data`; returns how many older ones are left out. */
async function passEmpty(
  trx: Trx,
  parts: Parts,
  { endpoint, windowMs }: Monitor,
  { from, to }: { from: number | null; to: number },
): Promise<number> {
  if (from === null || from >= to) return 0;
  const gap = Math.round((to - from) / windowMs);
  const kept = Math.min(gap, MAX_EMPTY_WINDOWS);
  const starts = Array.from({ length: kept }, (_, at) => to - (kept - at) * windowMs);
  const empty = starts.map((start) => ({ start, end: start + windowMs }));
  await insertEmptyWindows(trx, endpoint, empty, parts.clock.now());
  return gap - kept;
}
