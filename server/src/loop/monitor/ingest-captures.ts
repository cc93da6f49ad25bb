import { setImmediate as breathe } from 'node:timers/promises';
import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { failpoint } from '../../platform/config/failpoint.ts';
import type { JobRun } from '../../platform/jobs/jobs.ts';
import { findEndpoint, type PredictionMeaning } from '../deploy/index.ts';
import { readBatch } from '../serve/index.ts';
import { type CapturedRow, type FoldedRows, foldRows, toIndexed, toRows, watermarkIn } from './fold-captures.ts';
import { indexPredictions } from './index-predictions.ts';
import { findInboxRow, type InboxRow, listWaitingBatches, markInbox } from './ingest.store.ts';
import { lockMonitor } from './lock-monitor.ts';
import { findBinnings, findMonitor, findProgress, writeProgress } from './monitor.store.ts';
import type { Monitor } from './monitor.ts';
import { foldWindow } from './window.store.ts';
import type { Binnings } from './window-profile.ts';

type Parts = Pick<Context, 'db' | 'blobs' | 'clock' | 'jobs'>;

/** Batches whose captures go into one transaction: so many, or as many as have so many captures. */
const BATCHES_AT_ONCE = 20;
const CAPTURES_AT_ONCE = 1_000;

interface Batch {
  readonly inbox: InboxRow;
  readonly rows: readonly CapturedRow[];
}

/**
 * Counts what waits of an endpoint, a few batches per transaction: each into its windows exactly once, and into the
 * index of predictions. Without binnings (there is no reference yet) it is only indexed. Resolves when nothing waits.
 */
export async function ingestCaptures(parts: Parts, run: JobRun, monitor: Monitor): Promise<void> {
  const { endpoint } = monitor;
  const meaning = (await findEndpoint(parts.db.read, endpoint))?.prediction ?? null;
  for (;;) {
    run.signal.throwIfAborted();
    const text = await findBinnings(parts.db.read, endpoint);
    const binnings = text === null ? null : (JSON.parse(text) as Binnings);
    const waiting = await listWaitingBatches(parts.db.read, endpoint, {
      limit: BATCHES_AT_ONCE,
      ...(binnings === null ? { indexed: false } : {}),
    });
    if (waiting.length === 0) return;
    const batches: Batch[] = [];
    for (const inbox of uptoCaptures(waiting)) {
      batches.push({ inbox, rows: await readRowsOf(parts, endpoint, inbox) });
      await breathe();
    }
    const work = await prepare(batches, { monitor, binnings, meaning });
    failpoint('monitor:ingest:before');
    const done = await parts.db.transaction(async (trx) => {
      await run.fence(trx);
      return record(trx, parts, work);
    });
    failpoint('monitor:ingest:after');
    if (!done) return;
  }
}

/** At least one, so that what waits always goes on. */
function uptoCaptures(waiting: readonly InboxRow[]): InboxRow[] {
  let captures = 0;
  return waiting.filter((row, at) => {
    captures += row.captures;
    return at === 0 || captures <= CAPTURES_AT_ONCE;
  });
}

/** A batch that retention took away meanwhile has no rows. */
async function readRowsOf(parts: Parts, endpoint: string, { log, first_offset }: InboxRow): Promise<CapturedRow[]> {
  const captures = await readBatch(parts, { log, first: first_offset });
  return toRows(captures.filter((capture) => capture.endpoint === endpoint));
}

interface Work {
  readonly monitor: Monitor;
  readonly folded: boolean;
  readonly batches: readonly Batch[];
  readonly windows: ReadonlyMap<number, FoldedRows>;
  readonly predictions: ReturnType<typeof toIndexed>;
  readonly implausible: number;
  readonly watermark: number | null;
}

/** Everything that needs no database, before the transaction. */
async function prepare(
  batches: readonly Batch[],
  given: { monitor: Monitor; binnings: Binnings | null; meaning: PredictionMeaning | null },
): Promise<Work> {
  const { monitor, binnings, meaning } = given;
  const rows = batches.flatMap((batch) => batch.rows);
  const fresh = batches.filter(({ inbox }) => inbox.indexed_at === null).flatMap((batch) => batch.rows);
  const predictions = toIndexed(fresh, meaning);
  await breathe();
  const windows =
    binnings === null
      ? new Map<number, FoldedRows>()
      : foldRows(rows, { windowMs: monitor.windowMs, binnings, meaning });
  return {
    ...{ monitor, batches, windows, predictions, folded: binnings !== null },
    implausible: fresh.filter(({ plausible }) => !plausible).length,
    watermark: watermarkIn(fresh),
  };
}

/** False when somebody else did any of it meanwhile, or the monitor is another one: then nothing is written. */
async function record(trx: Trx, parts: Parts, work: Work): Promise<boolean> {
  const { monitor, batches, folded } = work;
  const { endpoint } = monitor;
  await lockMonitor(parts, trx, endpoint);
  const present = await findMonitor(trx, endpoint);
  const progress = await findProgress(trx, endpoint);
  if (present?.id !== monitor.id || !progress) return false;
  if (!(await areUntouched(trx, endpoint, batches))) return false;
  if (work.predictions.length > 0) await indexPredictions(trx, parts, endpoint, work.predictions);
  const late = await foldWindows(trx, work, progress.closed_until ?? Number.NEGATIVE_INFINITY);
  const at = parts.clock.now();
  for (const { inbox } of batches) {
    await markInbox(trx, endpoint, inbox, { indexed_at: inbox.indexed_at ?? at, ...(folded ? { folded_at: at } : {}) });
  }
  const newest = [progress.watermark, work.watermark].filter((time) => time !== null);
  await writeProgress(trx, endpoint, {
    late: progress.late + late,
    implausible: progress.implausible + work.implausible,
    ...(newest.length === 0 ? {} : { watermark: Math.max(...newest) }),
  });
  return true;
}

async function areUntouched(trx: Trx, endpoint: string, batches: readonly Batch[]): Promise<boolean> {
  for (const { inbox } of batches) {
    const now = await findInboxRow(trx, endpoint, inbox);
    if (!now || now.folded_at !== null || now.indexed_at !== inbox.indexed_at) return false;
  }
  return true;
}

/** Returns how many rows came after their window was closed. */
async function foldWindows(trx: Trx, { monitor, windows }: Work, closedUntil: number): Promise<number> {
  let late = 0;
  for (const window of [...windows.values()].sort((a, b) => a.start - b.start)) {
    const isLate = window.start < closedUntil;
    if (isLate) late += window.rows;
    await foldWindow(trx, monitor.endpoint, { ...window, end: window.start + monitor.windowMs, late: isLate });
  }
  return late;
}
