import type { Generated, Selectable } from 'kysely';
import type { Db, Trx } from '../../database.ts';
import type { LabelOutcome, OutcomeCounts } from './label.ts';
import { labelOutcomes, noOutcomes } from './label.ts';

const WORKSPACE = 'default';

/** Only appended to; what is null of a prediction is filled in when a label that waited finds it. */
export interface LabelTable {
  seq: Generated<number>;
  workspace: string;
  endpoint: string;
  /** Request and row; while it waits, what the label said. */
  prediction_id: string | null;
  row_index: number | null;
  /** Key that the label named instead. */
  label_key: string | null;
  /** By which an erasure finds it. */
  key_sha256: string | null;
  /** The newest prediction with the key at or before this event time. */
  about_time: number | null;
  /** JSON; null when censored. */
  value: string | null;
  censored: string | null;
  label_time: number;
  /** The server's clock. */
  received_at: number;
  /** Since when its prediction is known, the server's clock; null: it waits. */
  joined_at: number | null;
  /** Who sent it. */
  source: string;
}

export interface LabelCountTable {
  workspace: string;
  endpoint: string;
  outcome: LabelOutcome;
  labels: number;
}

export interface LabelTables {
  monitor_labels: LabelTable;
  monitor_label_counts: LabelCountTable;
}

export type LabelRow = Omit<Selectable<LabelTable>, 'workspace'>;
export type NewLabelRow = Omit<LabelRow, 'seq'>;

const ROWS_AT_ONCE = 1_000;

export async function insertLabels(trx: Trx, rows: readonly NewLabelRow[]): Promise<void> {
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
    await trx
      .insertInto('monitor_labels')
      .values(rows.slice(at, at + ROWS_AT_ONCE).map((row) => ({ workspace: WORKSPACE, ...row })))
      .execute();
  }
}

/** Those that belong to predictions with these ids, oldest receipt first. */
export async function listLabelsOfIds(db: Db, ids: readonly string[]): Promise<LabelRow[]> {
  const found: LabelRow[] = [];
  for (let at = 0; at < ids.length; at += ROWS_AT_ONCE) {
    const rows = await labels(db)
      .selectAll()
      .where('prediction_id', 'in', ids.slice(at, at + ROWS_AT_ONCE))
      .where('joined_at', 'is not', null)
      .orderBy('seq')
      .execute();
    found.push(...rows);
  }
  return found;
}

/** All of a request, or of one row of it, also those that wait; oldest receipt first. */
export function listLabelsOfPrediction(
  db: Db,
  { id, row }: { readonly id: string; readonly row: number | null },
): Promise<LabelRow[]> {
  let query = labels(db).selectAll().where('prediction_id', '=', id);
  if (row !== null) query = query.where('row_index', '=', row);
  return query.orderBy('seq').limit(MOST_SHOWN).execute();
}

const MOST_SHOWN = 10_000;

/** Those that wait for predictions with these ids or keys, oldest receipt first. */
export async function listWaiting(
  db: Db,
  endpoint: string,
  { ids, keys }: { readonly ids: readonly string[]; readonly keys: readonly string[] },
): Promise<LabelRow[]> {
  const found: LabelRow[] = [];
  for (const [column, wanted] of [['prediction_id', ids] as const, ['label_key', keys] as const]) {
    for (let at = 0; at < wanted.length; at += ROWS_AT_ONCE) {
      const rows = await waiting(db, endpoint)
        .selectAll()
        .where(column, 'in', wanted.slice(at, at + ROWS_AT_ONCE))
        .orderBy('seq')
        .execute();
      found.push(...rows);
    }
  }
  return found.sort((one, other) => one.seq - other.seq);
}

/** True when any label waits: most endpoints have none, and then nothing needs to be looked for. */
export async function hasWaiting(db: Db, endpoint: string): Promise<boolean> {
  return (await waiting(db, endpoint).select('seq').limit(1).executeTakeFirst()) !== undefined;
}

export async function countWaiting(db: Db, endpoint: string): Promise<number> {
  const { labels: count } = await waiting(db, endpoint)
    .select((of) => of.fn.countAll<number | bigint>().as('labels'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** A label that waited found its prediction. */
export async function joinLabel(
  trx: Trx,
  { seq, prediction_id, row_index, joined_at }: Pick<LabelRow, 'seq' | 'prediction_id' | 'row_index' | 'joined_at'>,
): Promise<void> {
  await trx.updateTable('monitor_labels').set({ prediction_id, row_index, joined_at }).where('seq', '=', seq).execute();
}

export interface LabelPage {
  readonly endpoint: string;
  /** `seq`; only older ones. */
  readonly before: number | null;
  readonly limit: number;
  readonly waiting: boolean;
}

/** Newest receipt first. */
export function listLabels(db: Db, { endpoint, before, limit, waiting: orphans }: LabelPage): Promise<LabelRow[]> {
  let query = (orphans ? waiting(db, endpoint) : labels(db).where('endpoint', '=', endpoint)).selectAll();
  if (before !== null) query = query.where('seq', '<', before);
  return query.orderBy('seq', 'desc').limit(limit).execute();
}

export async function addOutcomes(trx: Trx, endpoint: string, outcomes: OutcomeCounts): Promise<void> {
  for (const outcome of labelOutcomes) {
    const count = outcomes[outcome];
    if (count === 0) continue;
    await trx
      .insertInto('monitor_label_counts')
      .values({ workspace: WORKSPACE, endpoint, outcome, labels: count })
      .onConflict((conflict) =>
        conflict
          .columns(['workspace', 'endpoint', 'outcome'])
          .doUpdateSet((set) => ({ labels: set('monitor_label_counts.labels', '+', count) })),
      )
      .execute();
  }
}

/** Of all labels that were ever sent for the endpoint. */
export async function readOutcomes(db: Db, endpoint: string): Promise<Record<LabelOutcome, number>> {
  const rows = await db
    .selectFrom('monitor_label_counts')
    .select(['outcome', 'labels'])
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .execute();
  const counts = noOutcomes();
  for (const { outcome, labels: count } of rows) counts[outcome] = count;
  return counts;
}

function waiting(db: Db, endpoint: string) {
  return labels(db).where('endpoint', '=', endpoint).where('joined_at', 'is', null);
}

function labels(db: Db) {
  return db.selectFrom('monitor_labels').where('workspace', '=', WORKSPACE);
}
