import type { Db, Trx } from '../../database.ts';
import type { Loss } from './capture/capture.ts';
import { idAfter, WORKSPACE } from './prediction.ts';

export interface CaptureLogTable {
  workspace: string;
  id: string;
  gateway: string;
  next_offset: number;
  seen_at: number;
}

/** Captures of one log that lie in one blob, without gaps. Those of one log never overlap. */
export interface CaptureBatchTable {
  workspace: string;
  log: string;
  first_offset: number;
  last_offset: number;
  min_id: string;
  max_id: string;
  min_event_time: number;
  max_event_time: number;
  blob: string;
  /** Of the blob. */
  bytes: number;
  recorded_at: number;
}

/** What of a batch belongs to one endpoint. */
export interface CaptureBatchEndpointTable {
  workspace: string;
  endpoint: string;
  max_id: string;
  min_id: string;
  min_event_time: number;
  max_event_time: number;
  captures: number;
  log: string;
  first_offset: number;
}

export interface CaptureCountTable {
  workspace: string;
  endpoint: string;
  deployment: string;
  captured: number;
  row_count: number;
  last_received_at: number;
  last_event_time: number;
}

export interface CaptureLossTable {
  workspace: string;
  endpoint: string;
  deployment: string;
  log: string;
  lost: number;
}

export interface CaptureTables {
  capture_logs: CaptureLogTable;
  capture_batches: CaptureBatchTable;
  capture_batch_endpoints: CaptureBatchEndpointTable;
  capture_counts: CaptureCountTable;
  capture_losses: CaptureLossTable;
}

/** Offsets, both included. */
export interface OffsetRange {
  readonly first: number;
  readonly last: number;
}

/** In one batch the ids span at most so much, so that an id is looked for in few of them. */
export const ID_SPAN_MS = 3_600_000;

/** What is stored already of these offsets of a log, in order. */
export async function findStored(db: Db, log: string, { first, last }: OffsetRange): Promise<OffsetRange[]> {
  const within = await batches(db)
    .select(['first_offset', 'last_offset'])
    .where('log', '=', log)
    .where('first_offset', '>', first)
    .where('first_offset', '<=', last)
    .orderBy('first_offset')
    .execute();
  // Ranges of one log are disjoint: only the last that begins before can reach in.
  const before = await batches(db)
    .select(['first_offset', 'last_offset'])
    .where('log', '=', log)
    .where('first_offset', '<=', first)
    .orderBy('first_offset', 'desc')
    .limit(1)
    .executeTakeFirst();
  const reaching = before && before.last_offset >= first ? [before] : [];
  return [...reaching, ...within].map((row) => ({ first: row.first_offset, last: row.last_offset }));
}

export type NewBatch = Omit<CaptureBatchTable, 'workspace'> & {
  readonly endpoints: readonly Omit<CaptureBatchEndpointTable, 'workspace' | 'log' | 'first_offset'>[];
};

export async function insertBatch(trx: Trx, { endpoints, ...batch }: NewBatch): Promise<void> {
  const { log, first_offset } = batch;
  await trx
    .insertInto('capture_batches')
    .values({ workspace: WORKSPACE, ...batch })
    .execute();
  // All of it may have been erased before it came.
  if (endpoints.length === 0) return;
  await trx
    .insertInto('capture_batch_endpoints')
    .values(endpoints.map((part) => ({ workspace: WORKSPACE, ...part, log, first_offset })))
    .execute();
}

export type CountedCaptures = Omit<CaptureCountTable, 'workspace'>;

/** Adds to what was captured of a deployment. */
export async function addCounts(trx: Trx, counted: CountedCaptures): Promise<void> {
  await trx
    .insertInto('capture_counts')
    .values({ workspace: WORKSPACE, ...counted })
    .onConflict((conflict) =>
      conflict.columns(['workspace', 'endpoint', 'deployment']).doUpdateSet((set) => ({
        captured: set('capture_counts.captured', '+', counted.captured),
        row_count: set('capture_counts.row_count', '+', counted.row_count),
        last_received_at: set
          .case()
          .when('capture_counts.last_received_at', '>', counted.last_received_at)
          .then(set.ref('capture_counts.last_received_at'))
          .else(counted.last_received_at)
          .end(),
        last_event_time: set
          .case()
          .when('capture_counts.last_event_time', '>', counted.last_event_time)
          .then(set.ref('capture_counts.last_event_time'))
          .else(counted.last_event_time)
          .end(),
      })),
    )
    .execute();
}

/** What a log lost in all; older news changes nothing. */
export async function raiseLoss(trx: Trx, log: string, { endpoint, deployment, lost }: Loss): Promise<void> {
  await trx
    .insertInto('capture_losses')
    .values({ workspace: WORKSPACE, endpoint, deployment, log, lost })
    .onConflict((conflict) =>
      conflict
        .columns(['workspace', 'endpoint', 'deployment', 'log'])
        .doUpdateSet({ lost })
        .where('capture_losses.lost', '<', lost),
    )
    .execute();
}

/** A log was heard of; `next` is the offset after the last one that it sent. */
export async function touchLog(
  trx: Trx,
  { id, gateway, next, now }: { id: string; gateway: string; next: number; now: number },
): Promise<void> {
  await trx
    .insertInto('capture_logs')
    .values({ workspace: WORKSPACE, id, gateway, next_offset: next, seen_at: now })
    .onConflict((conflict) =>
      conflict.columns(['workspace', 'id']).doUpdateSet((set) => ({
        gateway,
        seen_at: now,
        next_offset: set
          .case()
          .when('capture_logs.next_offset', '>', next)
          .then(set.ref('capture_logs.next_offset'))
          .else(next)
          .end(),
      })),
    )
    .execute();
}

/** Where captures of a batch lie now: the blob changes when some of them are erased. */
export interface BatchPlace {
  readonly log: string;
  /** Offset of its first capture. */
  readonly first: number;
  readonly blob: string;
}

export async function findBlob(db: Db, { log, first }: Omit<BatchPlace, 'blob'>): Promise<string | null> {
  const row = await batches(db)
    .select('blob')
    .where('log', '=', log)
    .where('first_offset', '=', first)
    .executeTakeFirst();
  return row?.blob ?? null;
}

/** Batches that may hold this id, oldest first. */
export async function findBatchesOfId(db: Db, id: string): Promise<BatchPlace[]> {
  return batches(db)
    .select(['log', 'first_offset as first', 'blob'])
    .where('max_id', '>=', id)
    .where('max_id', '<=', idAfter(id, ID_SPAN_MS))
    .where('min_id', '<=', id)
    .orderBy('max_id')
    .execute();
}

/** A batch with captures of an endpoint, and the ids that these lie between. */
export interface EndpointBatch extends BatchPlace {
  readonly minId: string;
  readonly maxId: string;
}

/** Those with captures of the endpoint below the id `before`, in falling order of their largest ids. */
export async function listBatchesOfEndpoint(
  db: Db,
  endpoint: string,
  { before, limit, skip }: { before: string | null; limit: number; skip: number },
): Promise<EndpointBatch[]> {
  let query = db
    .selectFrom('capture_batch_endpoints as e')
    .innerJoin('capture_batches as b', (join) =>
      join
        .onRef('b.workspace', '=', 'e.workspace')
        .onRef('b.log', '=', 'e.log')
        .onRef('b.first_offset', '=', 'e.first_offset'),
    )
    .select(['e.log', 'e.first_offset as first', 'b.blob', 'e.min_id as minId', 'e.max_id as maxId'])
    .where('e.workspace', '=', WORKSPACE)
    .where('e.endpoint', '=', endpoint);
  if (before !== null) {
    query = query.where('e.max_id', '<=', idAfter(before, ID_SPAN_MS)).where('e.min_id', '<', before);
  }
  return query
    .orderBy('e.max_id', 'desc')
    .orderBy('e.log')
    .orderBy('e.first_offset')
    .limit(limit)
    .offset(skip)
    .execute();
}

export async function listCounts(db: Db, endpoint: string): Promise<CountedCaptures[]> {
  return db
    .selectFrom('capture_counts')
    .select(['endpoint', 'deployment', 'captured', 'row_count', 'last_received_at', 'last_event_time'])
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .orderBy('deployment')
    .execute();
}

/** Per deployment, over all logs. An empty name: losses that nobody can assign. */
export async function listLosses(db: Db, endpoint: string): Promise<{ deployment: string; lost: number }[]> {
  const rows = await db
    .selectFrom('capture_losses')
    .select((of) => ['deployment', of.fn.sum<number | string | bigint>('lost').as('lost')])
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .groupBy('deployment')
    .execute();
  return rows.map(({ deployment, lost }) => ({ deployment, lost: Number(lost) }));
}

/** What ever happened to the captures of an endpoint. */
export interface EndpointTotals {
  readonly endpoint: string;
  readonly captured: number;
  readonly rows: number;
  readonly lost: number;
  readonly expired: number;
  readonly erased: number;
  /** Of the latest, milliseconds. */
  readonly receivedAt: number;
  readonly eventTime: number;
}

export async function listEndpointTotals(db: Db): Promise<EndpointTotals[]> {
  const rows = await db
    .selectFrom('capture_counts as c')
    .leftJoin('capture_removals as r', (join) =>
      join.onRef('r.workspace', '=', 'c.workspace').onRef('r.endpoint', '=', 'c.endpoint'),
    )
    .select((of) => [
      'c.endpoint',
      of.fn.sum<number | string | bigint>('c.captured').as('captured'),
      of.fn.sum<number | string | bigint>('c.row_count').as('rows'),
      of.fn.max('c.last_received_at').as('receivedAt'),
      of.fn.max('c.last_event_time').as('eventTime'),
      of.fn.max('r.expired').as('expired'),
      of.fn.max('r.erased').as('erased'),
      of
        .selectFrom('capture_losses as l')
        .select((inner) => inner.fn.sum<number | string | bigint>('l.lost').as('lost'))
        .whereRef('l.workspace', '=', 'c.workspace')
        .whereRef('l.endpoint', '=', 'c.endpoint')
        .as('lost'),
    ])
    .where('c.workspace', '=', WORKSPACE)
    .groupBy(['c.workspace', 'c.endpoint'])
    .orderBy('c.endpoint')
    .execute();
  return rows.map(({ endpoint, receivedAt, eventTime, ...counts }) => ({
    ...{ endpoint, receivedAt, eventTime, captured: Number(counts.captured), rows: Number(counts.rows) },
    ...{ lost: Number(counts.lost ?? 0), expired: Number(counts.expired ?? 0), erased: Number(counts.erased ?? 0) },
  }));
}

function batches(db: Db) {
  return db.selectFrom('capture_batches').where('workspace', '=', WORKSPACE);
}
