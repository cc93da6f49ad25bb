import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { failpoint } from '../../platform/config/failpoint.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import type { JobHandler, JobRun } from '../../platform/jobs/jobs.ts';
import { findEndpoint, type PredictionMeaning } from '../deploy/index.ts';
import { toLabel } from '../evaluate/index.ts';
import { clearAlert, openAlert } from './alert-life.ts';
import { judgeQuality, type QualityVerdict } from './judge-quality.ts';
import { lockMonitor } from './lock-monitor.ts';
import { findMonitor, watermarkOf } from './monitor.store.ts';
import type { Monitor } from './monitor.ts';
import { firstEventTime, type LabelledPrediction, lastLabelBefore, readPredictions } from './prediction-index.store.ts';
import {
  type ComputedQuality,
  deleteOtherLengths,
  hasNewerFinal,
  hasQuality,
  listUnsettled,
  markChanged,
  type QualityRow,
  writeQuality,
} from './quality.store.ts';
import { gatherQuality, type QualityInput, type WindowQuality } from './quality.ts';
import { findReference } from './reference.store.ts';
import { requestReference } from './request-ingest.ts';
import { QUALITY_KIND } from './request-quality.ts';
import { findStableVersion, NO_VERSION } from './stable-version.ts';
import { windowRef, windowStart } from './window.ts';

type Parts = Pick<Context, 'db' | 'clock' | 'jobs'>;

/** A window that changes all the time is computed again after so many times what it took. */
const PAUSE_FACTOR = 20;
const LONGEST_PAUSE_MS = 60_000;

/** Computes the quality of windows that changed, makes those final whose labels are mature, and raises the alarm. */
export function qualityJob(parts: Parts): JobHandler {
  return {
    kind: QUALITY_KIND,
    async handle(run) {
      const { endpoint } = run.job.payload as { endpoint: string };
      const again = await settleWindows(parts, run, endpoint);
      return again === null ? undefined : { again };
    },
  };
}

/** When to look again: null when nothing waits. */
async function settleWindows(parts: Parts, run: JobRun, endpoint: string): Promise<number | null> {
  const { read } = parts.db;
  const monitor = await findMonitor(read, endpoint);
  if (!monitor) return null;
  await alignWindows(parts, run, monitor);
  const meaning = (await findEndpoint(read, endpoint))?.prediction ?? null;
  const watermark = (await maturesUpTo(parts, monitor)) ?? Number.NEGATIVE_INFINITY;
  let again: number | null = null;
  for (const window of await listUnsettled(read, endpoint)) {
    run.signal.throwIfAborted();
    const due = dueOf(window, monitor, { watermark, now: parts.clock.now() });
    if (due === 'now') await settleWindow(parts, run, { monitor, meaning, watermark, window });
    else if (due !== null) again = Math.min(again ?? due, due);
  }
  return again;
}

/** What is final was judged: nothing matures until there is what the stable version is compared with. */
async function maturesUpTo(parts: Parts, { endpoint, quality }: Monitor): Promise<number | null> {
  const { read } = parts.db;
  const version = await findStableVersion(read, endpoint);
  if (quality === null || version === NO_VERSION || (await findReference(read, endpoint, version))) {
    return watermarkOf(read, endpoint);
  }
  await parts.db.transaction((trx) => requestReference(parts, trx, endpoint));
  return null;
}

/** After the length of windows changed, and for predictions that are older than the monitor. */
async function alignWindows({ db }: Parts, run: JobRun, { endpoint, windowMs }: Monitor): Promise<void> {
  await db.transaction(async (trx) => {
    await run.fence(trx);
    await deleteOtherLengths(trx, endpoint, windowMs);
    if (await hasQuality(trx, endpoint)) return;
    for (let from: number | null = Number.MIN_SAFE_INTEGER; ; ) {
      from = await firstEventTime(trx, endpoint, from);
      if (from === null) return;
      const start = windowStart(from, windowMs);
      await markChanged(trx, endpoint, [start], windowMs);
      from = start + windowMs;
    }
  });
}

interface Moment {
  readonly watermark: number;
  /** The server's clock. */
  readonly now: number;
}

function dueOf(window: QualityRow, monitor: Monitor, { watermark, now }: Moment): 'now' | number | null {
  if (window.state === 'provisional' && isMature(window, monitor, watermark, qualityOf(window))) return 'now';
  if (window.changes === window.computed_changes) return null;
  return now >= window.not_before ? 'now' : window.not_before;
}

/** All labels are there, or as many as will come in time. */
function isMature(
  { window_end: end }: Pick<QualityRow, 'window_end'>,
  { latenessMs, labels }: Monitor,
  watermark: number,
  quality: WindowQuality | null,
): boolean {
  if (watermark < end + latenessMs) return false;
  return watermark >= end + labels.maturityMs || (quality !== null && isComplete(quality));
}

function isComplete({ predictions, labelled, censored }: WindowQuality): boolean {
  return predictions > 0 && labelled + censored === predictions;
}

interface Settling {
  readonly monitor: Monitor;
  readonly meaning: PredictionMeaning | null;
  readonly watermark: number;
  readonly window: QualityRow;
}

async function settleWindow(parts: Parts, run: JobRun, settling: Settling): Promise<void> {
  const { monitor, meaning, watermark, window } = settling;
  const began = performance.now();
  const quality = await measureWindow(parts, window, meaning);
  const pause = Math.min(LONGEST_PAUSE_MS, (performance.now() - began) * PAUSE_FACTOR);
  const matures = window.state === 'provisional' && isMature(window, monitor, watermark, quality);
  // What changed after it was read may have been measured already: then there is nothing new to tell.
  const before = qualityOf(window);
  const revises = window.state === 'final' && !isSame(before, quality);
  const judged = matures || revises ? await judgeQuality(parts.db.read, monitor, window, quality) : null;
  const verdict = judged ?? before?.verdict ?? null;
  const now = parts.clock.now();
  const computed: ComputedQuality = {
    ...{ endpoint: window.endpoint, start: window.window_start, was: window, now },
    becomes: {
      state: matures ? 'final' : window.state,
      revision: window.revision + (matures || revises ? 1 : 0),
      matured_at: matures ? now : window.matured_at,
    },
    ...{
      computedChanges: window.changes,
      notBefore: Math.round(now + pause),
      quality: JSON.stringify({ ...quality, verdict }),
    },
  };
  const name = matures ? 'mature' : 'compute';
  failpoint(`quality:${name}:before`);
  await parts.db.transaction(async (trx) => {
    await run.fence(trx);
    await lockMonitor(parts, trx, monitor.endpoint);
    if (!(await writeQuality(trx, computed))) return;
    if (!matures && !revises) return;
    const cause = await appendEvent(trx, parts, {
      type: matures ? 'window.matured' : 'window.revised',
      subject: windowRef(window.endpoint, window.window_start),
      actor: 'monitor',
      eventTime: window.window_end,
      data: { endpoint: window.endpoint, revision: computed.becomes.revision, quality: summaryOf(quality), verdict },
    });
    await raiseAlarm(parts, trx, { window, verdict, cause });
  });
  failpoint(`quality:${name}:after`);
}

interface Judged {
  readonly window: QualityRow;
  readonly verdict: QualityVerdict | null;
  readonly cause: string;
}

/** The newest final window opens the alert or ends it; one that could not be judged does neither. */
async function raiseAlarm(parts: Parts, trx: Trx, { window, verdict, cause }: Judged): Promise<void> {
  const { endpoint, window_start: start, window_end: end } = window;
  if (verdict === null || (await hasNewerFinal(trx, endpoint, start))) return;
  const about = { endpoint, signal: 'quality' as const, window: { start, end }, cause };
  if (verdict.state === 'alarm') {
    await openAlert(trx, parts, { ...about, features: [], version: verdict.version, summary: summarise(verdict) });
  } else if (verdict.state === 'ok' || verdict.state === 'changed_small') await clearAlert(trx, parts, about);
}

function summarise({ metric, value, expected, version, referenceWindows, tolerance }: QualityVerdict): string {
  const [now, before] = [value, expected].map((number) => number?.toPrecision(3) ?? '–');
  const was = `${before} in ${referenceWindows} reference windows`;
  return `${metric} of ${version.replace('version:', '')} is ${now}, worse than ${was} by more than ${tolerance}.`;
}

async function measureWindow(
  { db }: Parts,
  { endpoint, window_start: from, window_end: to }: QualityRow,
  meaning: PredictionMeaning | null,
): Promise<WindowQuality> {
  const previous = await lastLabelBefore(db.scan, endpoint, from);
  const gathered = gatherQuality(meaning, previous === null ? null : readLabel(previous.value, meaning));
  for await (const page of readPredictions(db.scan, endpoint, { from, to })) {
    for (const row of page) gathered.add(toInput(row, meaning));
    await nextTurn();
  }
  return gathered.measure(() => nextTurn());
}

function toInput(row: LabelledPrediction, meaning: PredictionMeaning | null): QualityInput {
  return {
    ...{ eventTime: row.event_time, version: row.version, prediction: row.score ?? row.class },
    ...{ label: readLabel(row.label, meaning), censored: row.censored !== null, labelTime: row.label_time },
  };
}

/** A label that came while the endpoint meant something else may be none now. */
function readLabel(label: string | null, meaning: PredictionMeaning | null): number | string | null {
  if (label === null) return null;
  const value = JSON.parse(label) as number | string | boolean;
  return meaning ? toLabel(value, meaning.kind) : typeof value === 'boolean' ? Number(value) : value;
}

function isSame(stored: StoredQuality | null, quality: WindowQuality): boolean {
  if (stored === null) return false;
  const { verdict: _, ...before } = stored;
  return JSON.stringify(before) === JSON.stringify(quality);
}

/** What was computed of a window; only final ones were judged. */
export type StoredQuality = WindowQuality & { readonly verdict: QualityVerdict | null };

export function qualityOf({ quality }: Pick<QualityRow, 'quality'>): StoredQuality | null {
  return quality === null ? null : (JSON.parse(quality) as StoredQuality);
}

/** What the event of a window tells. */
function summaryOf({ predictions, labelled, censored, coverage, delay, metrics }: WindowQuality) {
  return {
    ...{ predictions, labelled, censored, coverage, delay },
    metrics: Object.fromEntries(metrics.map(({ name, value, low, high }) => [name, { value, low, high }])),
  };
}
