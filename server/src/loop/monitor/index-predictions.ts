import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { endpointRef } from '../deploy/index.ts';
import { withoutErased } from './forget.store.ts';
import { hasWaiting, joinLabel, type LabelRow, listWaiting } from './label.store.ts';
import { findNewestOfKey, findPredictions, insertPredictions, type PredictionRow } from './prediction-index.store.ts';
import type { IndexedPrediction } from './prediction-index.ts';
import { applyLedger, lockLabels, openLedgerOf, pastOf } from './store-labels.ts';
import { touchWindows } from './touch-windows.ts';

type Parts = Pick<Context, 'db' | 'clock' | 'jobs'>;

/**
 * Makes predictions findable for labels, each once however often it comes, joins labels that came before them, and
 * has the quality of their windows computed anew. Returns how many were new.
 */
export async function indexPredictions(
  trx: Trx,
  parts: Parts,
  endpoint: string,
  predictions: readonly IndexedPrediction[],
): Promise<{ readonly added: number; readonly joined: number }> {
  await lockLabels(parts, trx, endpoint);
  const kept = await withoutErased(trx, predictions);
  const added = await insertPredictions(trx, endpoint, kept, parts.clock.now());
  if (added.length === 0) return { added: 0, joined: 0 };
  await touchWindows(
    parts,
    trx,
    endpoint,
    added.map(({ event_time }) => event_time),
  );
  const joined = (await hasWaiting(trx, endpoint)) ? await joinWaiting(parts, trx, endpoint, added) : 0;
  return { added: added.length, joined };
}

async function joinWaiting(parts: Parts, trx: Trx, endpoint: string, added: readonly PredictionRow[]): Promise<number> {
  const ids = [...new Set(added.map(({ id }) => id))];
  const keys = [...new Set(added.flatMap(({ key }) => key ?? []))];
  const now = parts.clock.now();
  const found: { label: LabelRow; prediction: PredictionRow }[] = [];
  for (const label of await listWaiting(trx, endpoint, { ids, keys })) {
    const prediction = await findTarget(trx, endpoint, label);
    if (prediction) found.push({ label, prediction });
  }
  if (found.length === 0) return 0;
  const ledger = await openLedgerOf(
    trx,
    endpoint,
    found.map(({ prediction }) => prediction),
    now,
  );
  for (const { label, prediction } of found) {
    const { id: prediction_id, row_index } = prediction;
    const joined = { ...label, prediction_id, row_index, joined_at: now };
    ledger.judge(prediction, { ...pastOf(joined), timed: true });
    await joinLabel(trx, joined);
  }
  await applyLedger(parts, trx, endpoint, ledger);
  const event = { type: 'labels.joined', subject: endpointRef(endpoint), actor: 'monitor' };
  await appendEvent(trx, parts, { ...event, data: { joined: found.length } });
  return found.length;
}

async function findTarget(trx: Trx, endpoint: string, label: LabelRow): Promise<PredictionRow | null> {
  const { prediction_id: id, row_index, label_key: key, about_time } = label;
  if (key !== null) return findNewestOfKey(trx, { endpoint, key, at: about_time ?? Number.MAX_SAFE_INTEGER });
  const [prediction] = await findPredictions(trx, { ids: [id ?? ''], rows: [row_index ?? 0] });
  const isClear = row_index !== null || prediction?.row_count === 1;
  return prediction && isClear ? prediction : null;
}
