import type { Context } from '../../context.ts';
import type { Db } from '../../database.ts';
import { type Capture, type ListedBatch, listBatches, readBatch } from '../serve/index.ts';
import { listLabelsOfIds } from './label.store.ts';
import { currentLabel } from './label.ts';
import { addressOf, listRowsOfRequests, type PredictionRow, type TimeRange } from './prediction-index.store.ts';
import { pastOf } from './store-labels.ts';

type Parts = Pick<Context, 'db' | 'blobs'>;

/** What went into a prediction, what came out, and what was true. */
export interface LabelledRow {
  /** `ID.k` */
  readonly id: string;
  /** Milliseconds, the users' world. */
  readonly eventTime: number;
  readonly key: string | null;
  /** Names of the features; of an input without names their positions. */
  readonly columns: readonly string[];
  /** NaN is a number here. */
  readonly values: readonly unknown[];
  readonly prediction: number | string | null;
  readonly label: number | string | boolean;
  /** When the label held in the users' world. */
  readonly labelTime: number;
  /** When it became known here, the server's clock. */
  readonly labelledAt: number;
}

export interface LabelledRange extends TimeRange {
  readonly endpoint: string;
  /** The server's clock, a moment that has passed: labels and predictions are as they were known then. Absent: now. */
  readonly asOf?: number;
  readonly signal?: AbortSignal;
}

const BATCHES_AT_ONCE = 50;
const IDS_AT_ONCE = 1_000;

/**
 * The captured inputs of an endpoint whose truth is known, by event time [from, to), a batch of captures at a time:
 * in the order of the batches, not of the event times. Censored, erased and expired ones are not among them.
 */
export async function* readLabelled(parts: Parts, range: LabelledRange): AsyncGenerator<LabelledRow[]> {
  const { endpoint, from, to, signal } = range;
  for (let after: ListedBatch | undefined; ; ) {
    const page = { endpoint, from, to, limit: BATCHES_AT_ONCE, ...(after ? { after } : {}) };
    const batches: ListedBatch[] = await listBatches(parts.db.scan, page);
    for (const batch of batches) {
      signal?.throwIfAborted();
      const captures = (await readBatch(parts, batch)).filter((capture) => capture.endpoint === endpoint);
      const rows = await labelledOf(parts.db.scan, captures, range);
      if (rows.length > 0) yield rows;
    }
    after = batches.at(-1);
    if (after === undefined || batches.length < BATCHES_AT_ONCE) return;
  }
}

async function labelledOf(db: Db, captures: readonly Capture[], range: LabelledRange): Promise<LabelledRow[]> {
  const found: LabelledRow[] = [];
  for (let at = 0; at < captures.length; at += IDS_AT_ONCE) {
    const some = captures.slice(at, at + IDS_AT_ONCE);
    const truths = await truthsOf(
      db,
      some.map(({ id }) => id),
      range.asOf,
    );
    for (const capture of some) found.push(...rowsOf(capture, truths, range));
  }
  return found;
}

type Truth = Pick<LabelledRow, 'eventTime' | 'key' | 'prediction' | 'label' | 'labelTime' | 'labelledAt'>;

/** By `ID.k`, of those that have one. */
async function truthsOf(db: Db, ids: readonly string[], asOf: number | undefined): Promise<Map<string, Truth>> {
  const predictions = await listRowsOfRequests(db, ids);
  if (asOf !== undefined) return pastTruthsOf(db, predictions, asOf);
  const truths = new Map<string, Truth>();
  for (const row of predictions) {
    const { label, label_time, labelled_at } = row;
    if (label === null || label_time === null || labelled_at === null) continue;
    truths.set(addressOf(row), toTruth(row, { value: label, labelTime: label_time, labelledAt: labelled_at }));
  }
  return truths;
}

async function pastTruthsOf(db: Db, predictions: readonly PredictionRow[], asOf: number): Promise<Map<string, Truth>> {
  const labelled = predictions.filter(({ recorded_at, label_order }) => recorded_at <= asOf && label_order !== null);
  const labels = await listLabelsOfIds(db, [...new Set(labelled.map(({ id }) => id))]);
  const known = labels
    .filter(({ received_at, joined_at }) => Math.max(received_at, joined_at ?? received_at) <= asOf)
    .map((row) => ({ ...pastOf(row), labelledAt: Math.max(row.received_at, row.joined_at ?? 0) }));
  const histories = Map.groupBy(known, ({ address }) => address);
  const truths = new Map<string, Truth>();
  for (const row of labelled) {
    const current = currentLabel(histories.get(addressOf(row)) ?? []);
    if (current === null || current.value === null) continue;
    truths.set(addressOf(row), toTruth(row, { ...current, value: current.value }));
  }
  return truths;
}

function toTruth(
  { event_time, key, score, class: text }: PredictionRow,
  { value, labelTime, labelledAt }: { readonly value: string; readonly labelTime: number; readonly labelledAt: number },
): Truth {
  const label = JSON.parse(value) as number | string | boolean;
  return { eventTime: event_time, key, prediction: score ?? text, label, labelTime, labelledAt };
}

function rowsOf(capture: Capture, truths: ReadonlyMap<string, Truth>, { from, to }: TimeRange): LabelledRow[] {
  return capture.outputs.flatMap((_output, row) => {
    const id = `${capture.id}.${row}`;
    const truth = truths.get(id);
    if (!truth || truth.eventTime < from || truth.eventTime >= to || capture.erased?.includes(row)) return [];
    const values = capture.rows?.[row] ?? tensorRow(capture.tensor, row);
    const columns = (capture.rows === null ? null : capture.columns) ?? values.map((_value, at) => String(at));
    return [{ id, ...truth, columns, values: values.map((value) => (value === 'NaN' ? Number.NaN : value)) }];
  });
}

// The first dimension of a tensor counts the rows.
function tensorRow(tensor: unknown, row: number): readonly unknown[] {
  const value: unknown = Array.isArray(tensor) ? tensor[row] : null;
  return Array.isArray(value) ? value : [value];
}
