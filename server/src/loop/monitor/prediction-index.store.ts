import type { Db, Trx } from '../../database.ts';
import { preparedQuery } from '../../platform/db/prepared-query.ts';
import type { LabelContent } from './label.ts';
import type { IndexedPrediction } from './prediction-index.ts';

const WORKSPACE = 'default';

/** A prediction and its current label. */
export interface PredictionTable {
  workspace: string;
  id: string;
  row_index: number;
  row_count: number;
  endpoint: string;
  event_time: number;
  /** When it was indexed, the server's clock. */
  recorded_at: number;
  version: string;
  deployment: string;
  key: string | null;
  /** Prediction that is a number. */
  score: number | null;
  /** Prediction that is a text. */
  class: string | null;
  /** JSON; null without one, and when censored. */
  label: string | null;
  /** Why the truth will not be known. */
  censored: string | null;
  /** When it held in the users' world: of the first label that said so. */
  label_time: number | null;
  /** When this content became known here, the server's clock. */
  labelled_at: number | null;
  /** Labels with an older time than this do not hold. */
  label_order: number | null;
}

/** Rows that were erased, so that what was read before the erasure does not come back. */
export interface ErasedPredictionTable {
  workspace: string;
  id: string;
  row_index: number;
}

export interface PredictionTables {
  monitor_predictions: PredictionTable;
  monitor_erased_predictions: ErasedPredictionTable;
}

export type PredictionRow = Omit<PredictionTable, 'workspace'>;

/** Rows of one statement: each has 17 parameters, and SQLite takes 32,766. */
const ROWS_AT_ONCE = 1_000;

/** Adds what is not there; returns what was added. */
export async function insertPredictions(
  trx: Trx,
  endpoint: string,
  predictions: readonly IndexedPrediction[],
  now: number,
): Promise<PredictionRow[]> {
  const added: PredictionRow[] = [];
  for (let at = 0; at < predictions.length; at += ROWS_AT_ONCE) {
    const rows = predictions.slice(at, at + ROWS_AT_ONCE).map((one) => toRow(one, endpoint, now));
    const inserted = await trx
      .insertInto('monitor_predictions')
      .values(rows.map((row) => ({ workspace: WORKSPACE, ...row })))
      .onConflict((conflict) => conflict.doNothing())
      .returning(['id', 'row_index'])
      .execute();
    const fresh = new Set(inserted.map(addressOf));
    added.push(...rows.filter((row) => fresh.delete(addressOf(row))));
  }
  return added;
}

function toRow(prediction: IndexedPrediction, endpoint: string, now: number): PredictionRow {
  const { id, row, rowCount, eventTime, version, deployment, key, prediction: value } = prediction;
  return {
    ...{ id, row_index: row, row_count: rowCount, endpoint, event_time: eventTime, recorded_at: now },
    ...{ version, deployment, key: key?.replaceAll('\0', '') ?? null },
    score: typeof value === 'number' && Number.isFinite(value) ? value : null,
    class: typeof value === 'string' ? value.replaceAll('\0', '') : null,
    ...{ label: null, censored: null, label_time: null, labelled_at: null, label_order: null },
  };
}

/** `ID.k` */
export function addressOf({ id, row_index }: Pick<PredictionRow, 'id' | 'row_index'>): string {
  return `${id}.${row_index}`;
}

/** Those with one of these ids and one of these rows: a few more than were asked for. */
export async function findPredictions(
  db: Db,
  { ids, rows }: { readonly ids: readonly string[]; readonly rows: readonly number[] },
): Promise<PredictionRow[]> {
  if (ids.length === 0) return [];
  return predictions(db)
    .selectAll()
    .where('id', 'in', [...ids])
    .where('row_index', 'in', [...rows])
    .execute();
}

/** Of a request, or one row of it. */
export function listRowsOfRequest(
  db: Db,
  { id, row }: { readonly id: string; readonly row: number | null },
): Promise<PredictionRow[]> {
  let query = predictions(db).selectAll().where('id', '=', id);
  if (row !== null) query = query.where('row_index', '=', row);
  return query.orderBy('row_index').limit(MOST_SHOWN).execute();
}

const MOST_SHOWN = 10_000;

/** All rows of these requests. */
export async function listRowsOfRequests(db: Db, ids: readonly string[]): Promise<PredictionRow[]> {
  if (ids.length === 0) return [];
  return predictions(db)
    .selectAll()
    .where('id', 'in', [...ids])
    .execute();
}

/** The newest with the key at or before an event time. */
export async function findNewestOfKey(
  db: Db,
  asked: { readonly endpoint: string; readonly key: string; readonly at: number },
): Promise<PredictionRow | null> {
  return (await newestOfKey(db, asked)).rows[0] ?? null;
}

const newestOfKey = preparedQuery<PredictionTables, { endpoint: string; key: string; at: number }, PredictionRow>(
  (db, { endpoint, key, at }) =>
    db
      .selectFrom('monitor_predictions')
      .selectAll()
      .where('workspace', '=', WORKSPACE)
      .where('endpoint', '=', endpoint)
      .where('key', '=', key)
      .where('event_time', '<=', at)
      .orderBy('event_time', 'desc')
      .orderBy('id', 'desc')
      .orderBy('row_index', 'desc')
      .limit(1),
);

/** Writes the current labels of predictions that are there. */
export async function writeLabels(trx: Trx, rows: readonly PredictionRow[]): Promise<void> {
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
    await trx
      .insertInto('monitor_predictions')
      .values(rows.slice(at, at + ROWS_AT_ONCE).map((row) => ({ ...row, workspace: WORKSPACE })))
      .onConflict((conflict) =>
        conflict.columns(['workspace', 'id', 'row_index']).doUpdateSet((set) => ({
          label: set.ref('excluded.label'),
          censored: set.ref('excluded.censored'),
          label_time: set.ref('excluded.label_time'),
          labelled_at: set.ref('excluded.labelled_at'),
          label_order: set.ref('excluded.label_order'),
        })),
      )
      .execute();
  }
}

/** Event times, the end excluded. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

export type LabelledPrediction = Pick<
  PredictionRow,
  'id' | 'row_index' | 'event_time' | 'version' | 'score' | 'class' | 'label' | 'censored' | 'label_time' | 'key'
>;

const PAGE = 20_000;

/** All predictions of a time range by event time, page by page. */
export async function* readPredictions(
  db: Db,
  endpoint: string,
  { from, to }: TimeRange,
): AsyncGenerator<LabelledPrediction[]> {
  let after: { time: number; id: string; row: number } | null = null;
  for (;;) {
    const page: LabelledPrediction[] = await readPage(db, endpoint, { from: after?.time ?? from, to }, after);
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = { time: last.event_time, id: last.id, row: last.row_index };
  }
}

function readPage(
  db: Db,
  endpoint: string,
  { from, to }: TimeRange,
  after: { time: number; id: string; row: number } | null,
): Promise<LabelledPrediction[]> {
  let query = ofEndpoint(db, endpoint)
    .select(['id', 'row_index', 'event_time', 'version', 'score', 'class', 'label', 'censored', 'label_time', 'key'])
    .where('event_time', '>=', from)
    .where('event_time', '<', to);
  if (after) {
    const { time, id, row } = after;
    query = query.where((where) =>
      where.or([
        where('event_time', '>', time),
        where.and([where('event_time', '=', time), where('id', '>', id)]),
        where.and([where('event_time', '=', time), where('id', '=', id), where('row_index', '>', row)]),
      ]),
    );
  }
  return query.orderBy('event_time').orderBy('id').orderBy('row_index').limit(PAGE).execute();
}

/** Predictions with a label that is no censoring. */
export async function countLabelled(db: Db, endpoint: string, { from, to }: TimeRange): Promise<number> {
  const { labelled } = await ofEndpoint(db, endpoint)
    .select((of) => of.fn.countAll<number | bigint>().as('labelled'))
    .where('event_time', '>=', from)
    .where('event_time', '<', to)
    .where('label', 'is not', null)
    .executeTakeFirstOrThrow();
  return Number(labelled);
}

/** Null when there is none. */
export async function firstEventTime(db: Db, endpoint: string, from: number): Promise<number | null> {
  const row = await ofEndpoint(db, endpoint)
    .select('event_time')
    .where('event_time', '>=', from)
    .orderBy('event_time')
    .limit(1)
    .executeTakeFirst();
  return row?.event_time ?? null;
}

/** The label that came last before a time, by event time of its prediction: what persistence would have said. */
export async function lastLabelBefore(db: Db, endpoint: string, before: number): Promise<LabelContent | null> {
  const row = await ofEndpoint(db, endpoint)
    .select(['label as value', 'censored'])
    .where('event_time', '<', before)
    .where('label', 'is not', null)
    .orderBy('event_time', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

function ofEndpoint(db: Db, endpoint: string) {
  return predictions(db).where('endpoint', '=', endpoint);
}

function predictions(db: Db) {
  return db.selectFrom('monitor_predictions').where('workspace', '=', WORKSPACE);
}
