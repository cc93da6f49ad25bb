import { createHash } from 'node:crypto';
import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { endpointRef } from '../deploy/index.ts';
import {
  addOutcomes,
  insertLabels,
  type LabelRow,
  listLabelsOfIds,
  listWaiting,
  type NewLabelRow,
} from './label.store.ts';
import { type Label, type LabelOutcome, noOutcomes, type OutcomeCounts, type PastLabel, sameContent } from './label.ts';
import { type LabelLedger, openLedger, tally } from './label-ledger.ts';
import {
  addressOf,
  findNewestOfKey,
  findPredictions,
  type PredictionRow,
  writeLabels,
} from './prediction-index.store.ts';
import { touchWindows, windowsOf } from './touch-windows.ts';

type Parts = Pick<Context, 'db' | 'clock' | 'jobs'>;

/** Who sent labels, and since when. */
export interface LabelSending {
  readonly endpoint: string;
  readonly actor: string;
  readonly cause: string;
  /** When the sending began, the server's clock: the time of labels that say none. */
  readonly startedAt: number;
}

/** A line of what was sent: a label, or why it is none. */
export interface LabelLine {
  /** From 1. */
  readonly line: number;
  readonly label: Label | null;
  readonly problem: string | null;
}

export interface LabelRefusal {
  readonly line: number;
  readonly problem: string;
}

export interface StoredLabels {
  /** Their sum is the number of lines. */
  readonly outcomes: OutcomeCounts;
  /** Of them, those that say that the truth will not be known. */
  readonly censored: number;
  /** Of the invalid ones, in order. */
  readonly refusals: readonly LabelRefusal[];
}

/** Everybody who changes labels or predictions of an endpoint takes it first, so that neither misses the other. */
export async function lockLabels({ db }: Pick<Context, 'db'>, trx: Trx, endpoint: string): Promise<void> {
  await db.lock(trx, `labels:${endpoint}`);
}

/** Keeps labels in the caller's transaction, which holds the lock of the endpoint's labels. */
export async function storeLabels(
  parts: Parts,
  trx: Trx,
  sending: LabelSending,
  lines: readonly LabelLine[],
): Promise<StoredLabels> {
  const { endpoint } = sending;
  const now = parts.clock.now();
  const labels = lines.flatMap(({ label }) => (label === null ? [] : [label]));
  const found = await findTargets(trx, endpoint, labels);
  const targets = [...found.values()].filter((target) => target !== null && typeof target !== 'string');
  const ledger = await openLedgerOf(trx, endpoint, targets, now);
  const waiting = await waitingOf(trx, endpoint, labels, found);
  const rows: NewLabelRow[] = [];
  const refusals: LabelRefusal[] = [];
  const outcomes = noOutcomes();
  for (const { line, label, problem } of lines) {
    const target = label === null ? (problem ?? '') : (found.get(label) ?? null);
    if (label === null || typeof target === 'string') {
      refusals.push({ line, problem: String(target) });
      outcomes.invalid += 1;
      continue;
    }
    const row = toLabelRow(sending, label, target, now);
    const { outcome, keep } =
      target === null
        ? keepWaiting(waiting, label, row)
        : ledger.judge(target, { ...pastOf(row), timed: isTimed(label) });
    if (keep) rows.push(row);
    tally([outcome], outcomes);
  }
  await insertLabels(trx, rows);
  await applyLedger(parts, trx, endpoint, ledger);
  await addOutcomes(trx, endpoint, outcomes);
  const censored = labels.filter((label) => label.censored !== null && typeof found.get(label) !== 'string').length;
  const { actor, cause } = sending;
  const event = { type: 'labels.stored', subject: endpointRef(endpoint), actor, cause };
  await appendEvent(trx, parts, { ...event, data: { outcomes, censored } });
  return { outcomes, censored, refusals };
}

/** A ledger over these predictions and the labels that they have. */
export async function openLedgerOf(
  trx: Trx,
  endpoint: string,
  predictions: readonly PredictionRow[],
  now: number,
): Promise<LabelLedger> {
  const labelled = predictions.filter(({ label_order }) => label_order !== null);
  const past = await listLabelsOfIds(trx, [...new Set(labelled.map(({ id }) => id))]);
  const histories = Map.groupBy(past.map(pastOf), ({ address }) => address);
  const windows = await windowsOf(
    trx,
    endpoint,
    predictions.map(({ event_time }) => event_time),
  );
  return openLedger({ histories, isFinal: windows.isFinal, now });
}

/** Writes the current labels that changed, and has the quality of their windows computed anew. */
export async function applyLedger(parts: Parts, trx: Trx, endpoint: string, ledger: LabelLedger): Promise<void> {
  await writeLabels(trx, [...ledger.changed.values()]);
  await touchWindows(parts, trx, endpoint, ledger.moved);
}

type Target = PredictionRow | null;

/** The prediction of each label; a text says why it can be none. */
async function findTargets(trx: Trx, endpoint: string, labels: readonly Label[]): Promise<Map<Label, Target | string>> {
  const wanted = labels.flatMap(({ address }) => (address.kind === 'id' ? [address] : []));
  const ids = [...new Set(wanted.map(({ id }) => id))];
  const rows = [...new Set([0, ...wanted.map(({ row }) => row ?? 0)])];
  const byAddress = new Map((await findPredictions(trx, { ids, rows })).map((row) => [addressOf(row), row]));
  const byKey = new Map<string, Target>();
  const found = new Map<Label, Target | string>();
  for (const label of labels) {
    const { address } = label;
    if (address.kind === 'id') {
      found.set(label, targetOfId(byAddress, endpoint, address));
      continue;
    }
    const asked = { endpoint, key: address.key, at: address.aboutTime ?? Number.MAX_SAFE_INTEGER };
    const cached = `${asked.at} ${asked.key}`;
    const target = byKey.get(cached) ?? (await findNewestOfKey(trx, asked));
    byKey.set(cached, target);
    found.set(label, target);
  }
  return found;
}

function targetOfId(
  byAddress: ReadonlyMap<string, PredictionRow>,
  endpoint: string,
  { id, row }: { readonly id: string; readonly row: number | null },
): Target | string {
  const first = byAddress.get(`${id}.0`);
  if (!first) return null;
  if (first.endpoint !== endpoint) return `The prediction ${id} was answered by the endpoint ${first.endpoint}.`;
  const count = first.row_count;
  if (row === null && count > 1)
    return `The request ${id} has ${count} rows: say which, ${id}.0 to ${id}.${count - 1}.`;
  if (row !== null && row >= count) return `The request ${id} had ${count} rows, counted from 0.`;
  return byAddress.get(`${id}.${row ?? 0}`) ?? null;
}

/** Labels that wait already where the unknown ones of these would wait. */
async function waitingOf(
  trx: Trx,
  endpoint: string,
  labels: readonly Label[],
  found: ReadonlyMap<Label, Target | string>,
): Promise<LabelRow[]> {
  const unknown = labels.filter((label) => found.get(label) === null);
  const ids = unknown.flatMap(({ address }) => (address.kind === 'id' ? [address.id] : []));
  const keys = unknown.flatMap(({ address }) => (address.kind === 'key' ? [address.key] : []));
  return listWaiting(trx, endpoint, { ids: [...new Set(ids)], keys: [...new Set(keys)] });
}

type Waiting = Omit<LabelRow, 'seq'>;

// What is sent again while it waits, waits once.
function keepWaiting(waiting: Waiting[], label: Label, row: NewLabelRow): { outcome: LabelOutcome; keep: boolean } {
  const same = waiting.some(
    (other) =>
      other.prediction_id === row.prediction_id &&
      other.row_index === row.row_index &&
      other.label_key === row.label_key &&
      other.about_time === row.about_time &&
      sameContent(other, row) &&
      (other.label_time === row.label_time || !isTimed(label)),
  );
  if (!same) waiting.push(row);
  return { outcome: 'unknown', keep: !same };
}

function toLabelRow(
  { endpoint, actor, startedAt }: LabelSending,
  { address, value, censored, labelTime }: Label,
  target: Target,
  now: number,
): NewLabelRow {
  const said = address.kind === 'id' ? { id: address.id, row_index: address.row } : { id: null, row_index: null };
  return {
    ...{ endpoint, value, censored, label_time: labelTime ?? startedAt, received_at: now },
    prediction_id: target?.id ?? said.id,
    row_index: target?.row_index ?? said.row_index,
    label_key: address.kind === 'key' ? address.key : null,
    key_sha256: address.kind === 'key' ? hashKey(address.key) : null,
    about_time: address.kind === 'key' ? address.aboutTime : null,
    joined_at: target === null ? null : now,
    source: actor,
  };
}

function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

function isTimed({ labelTime }: Label): boolean {
  return labelTime !== null;
}

/** A stored label as judging sees it. */
export function pastOf(row: NewLabelRow): PastLabel & { readonly address: string } {
  const { prediction_id, row_index, value, censored, label_time } = row;
  return { address: `${prediction_id}.${row_index}`, value, censored, labelTime: label_time };
}
