import type { Db, Trx } from '../../database.ts';
import type { BatchPlace } from './captures.store.ts';
import type { Erasure, Tombstone } from './erasure.ts';
import { WORKSPACE } from './prediction.ts';

/** The key itself is nowhere: its hash recognises what comes late. */
export interface CaptureErasureTable {
  workspace: string;
  id: string;
  endpoint: string;
  key_sha256: string;
  state: Erasure['state'];
  actor: string;
  /** Id of the event that tells of the request. */
  event: string;
  requested_at: number;
  finished_at: number | null;
  /** Looked through so far. */
  batches: number;
  /** Rows that were erased so far. */
  predictions: number;
  /** JSON of the batch that was looked through last. */
  position: string | null;
  /** JSON of references. */
  dataset_versions: string;
}

export interface ErasureTables {
  capture_erasures: CaptureErasureTable;
}

/** The last batch that was looked through, in the order of `listBatchesToErase`. */
export interface ErasurePosition {
  readonly maxId: string;
  readonly log: string;
  readonly first: number;
}

export async function insertErasure(trx: Trx, erasure: Erasure, event: string): Promise<void> {
  const { id, endpoint, keySha256, state, actor, requestedAt, finishedAt, batches, predictions } = erasure;
  await trx
    .insertInto('capture_erasures')
    .values({
      ...{ workspace: WORKSPACE, id, endpoint, key_sha256: keySha256, state, actor, event, requested_at: requestedAt },
      ...{ finished_at: finishedAt, batches, predictions, position: null, dataset_versions: '[]' },
    })
    .execute();
}

export async function findErasure(
  db: Db,
  id: string,
): Promise<(Erasure & { readonly event: string; readonly position: ErasurePosition | null }) | undefined> {
  const row = await erasures(db).where('id', '=', id).executeTakeFirst();
  if (!row) return undefined;
  return { ...toErasure(row), event: row.event, position: row.position === null ? null : JSON.parse(row.position) };
}

export async function findRunningErasure(db: Db, endpoint: string, keySha256: string): Promise<Erasure | undefined> {
  const row = await erasures(db)
    .where('endpoint', '=', endpoint)
    .where('key_sha256', '=', keySha256)
    .where('state', '=', 'running')
    .executeTakeFirst();
  return row && toErasure(row);
}

/** Newest first. */
export async function listErasures(db: Db, endpoint: string, limit: number): Promise<Erasure[]> {
  const rows = await erasures(db).where('endpoint', '=', endpoint).orderBy('id', 'desc').limit(limit).execute();
  return rows.map(toErasure);
}

/** What must not come back of these endpoints. */
export async function listTombstones(db: Db, endpoints: readonly string[]): Promise<Tombstone[]> {
  if (endpoints.length === 0) return [];
  const rows = await db
    .selectFrom('capture_erasures')
    .select((of) => ['endpoint', 'key_sha256 as keySha256', of.fn.max('requested_at').as('until')])
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', 'in', [...endpoints])
    .groupBy(['endpoint', 'key_sha256'])
    .orderBy('endpoint')
    .orderBy('key_sha256')
    .execute();
  return rows.map((row) => ({ ...row, until: Number(row.until) }));
}

/** Batches with captures of an endpoint, oldest first. */
export async function listBatchesToErase(
  db: Db,
  endpoint: string,
  { after, limit }: { after: ErasurePosition | null; limit: number },
): Promise<(BatchPlace & ErasurePosition)[]> {
  let query = db
    .selectFrom('capture_batch_endpoints as e')
    .innerJoin('capture_batches as b', (join) =>
      join
        .onRef('b.workspace', '=', 'e.workspace')
        .onRef('b.log', '=', 'e.log')
        .onRef('b.first_offset', '=', 'e.first_offset'),
    )
    .select(['e.log', 'e.first_offset as first', 'b.blob', 'e.max_id as maxId'])
    .where('e.workspace', '=', WORKSPACE)
    .where('e.endpoint', '=', endpoint);
  if (after !== null) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('e.max_id', 'e.log', 'e.first_offset'), '>', tuple(after.maxId, after.log, after.first)),
    );
  }
  return query.orderBy('e.max_id').orderBy('e.log').orderBy('e.first_offset').limit(limit).execute();
}

/** A batch lies in another blob from now on; false when it had moved or gone already. */
export async function moveBatch(
  trx: Trx,
  { log, first, blob }: BatchPlace,
  to: { readonly blob: string; readonly bytes: number },
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('capture_batches')
    .set(to)
    .where('workspace', '=', WORKSPACE)
    .where('log', '=', log)
    .where('first_offset', '=', first)
    .where('blob', '=', blob)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** What is left of an endpoint in a batch. */
export async function setEndpointCaptures(
  trx: Trx,
  { log, first }: Omit<BatchPlace, 'blob'>,
  { endpoint, captures }: { readonly endpoint: string; readonly captures: number },
): Promise<void> {
  await trx
    .updateTable('capture_batch_endpoints')
    .set({ captures })
    .where('workspace', '=', WORKSPACE)
    .where('log', '=', log)
    .where('first_offset', '=', first)
    .where('endpoint', '=', endpoint)
    .execute();
}

export async function addErased(trx: Trx, id: string, predictions: number): Promise<void> {
  await running(trx, id)
    .set((set) => ({ predictions: set('predictions', '+', predictions) }))
    .execute();
}

export async function moveErasure(trx: Trx, id: string, position: ErasurePosition, batches: number): Promise<void> {
  const { maxId, log, first } = position;
  await running(trx, id)
    .set((set) => ({ position: JSON.stringify({ maxId, log, first }), batches: set('batches', '+', batches) }))
    .execute();
}

/** False when it was finished already. */
export async function finishErasure(
  trx: Trx,
  id: string,
  { now, versions }: { readonly now: number; readonly versions: readonly string[] },
): Promise<boolean> {
  const { numUpdatedRows } = await running(trx, id)
    .set({ state: 'done', finished_at: now, dataset_versions: JSON.stringify(versions) })
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

function running(trx: Trx, id: string) {
  return trx
    .updateTable('capture_erasures')
    .where('workspace', '=', WORKSPACE)
    .where('id', '=', id)
    .where('state', '=', 'running');
}

function erasures(db: Db) {
  return db.selectFrom('capture_erasures').selectAll().where('workspace', '=', WORKSPACE);
}

function toErasure(row: CaptureErasureTable): Erasure {
  const { id, endpoint, key_sha256, state, actor, requested_at, finished_at, batches, predictions } = row;
  return {
    ...{ id, endpoint, keySha256: key_sha256, state, actor, requestedAt: requested_at, finishedAt: finished_at },
    ...{ batches, predictions, datasetVersions: JSON.parse(row.dataset_versions) as string[] },
  };
}
