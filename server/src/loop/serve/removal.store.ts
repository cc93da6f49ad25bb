import type { Db, Trx } from '../../database.ts';
import type { BatchPlace } from './captures.store.ts';
import { WORKSPACE } from './prediction.ts';

/** Captures of an endpoint that were here and are not any more. */
export interface CaptureRemovalTable {
  workspace: string;
  endpoint: string;
  expired: number;
  /** Of what was recorded before, some has expired. */
  expired_before: number | null;
  /** Rows of requests. */
  erased: number;
}

/** Blobs that no row names any more; the row goes when the blob has gone. */
export interface DoomedBlobTable {
  workspace: string;
  blob: string;
  doomed_at: number;
}

/** Up to which day folders were looked through for blobs that no row names. */
export interface CaptureSweepTable {
  workspace: string;
  folder: string;
  swept_up_to: string;
}

export interface RemovalTables {
  capture_removals: CaptureRemovalTable;
  capture_doomed_blobs: DoomedBlobTable;
  capture_sweeps: CaptureSweepTable;
}

export interface AgedBatch extends BatchPlace {
  readonly bytes: number;
  readonly recordedAt: number;
}

/** The batches that were recorded first. */
export function listOldestBatches(db: Db, { before, limit }: { before: number; limit: number }): Promise<AgedBatch[]> {
  return db
    .selectFrom('capture_batches')
    .select(['log', 'first_offset as first', 'blob', 'bytes', 'recorded_at as recordedAt'])
    .where('workspace', '=', WORKSPACE)
    .where('recorded_at', '<', before)
    .orderBy('recorded_at')
    .orderBy('log')
    .orderBy('first_offset')
    .limit(limit)
    .execute();
}

export async function countCaptureBytes(db: Db): Promise<number> {
  const row = await db
    .selectFrom('capture_batches')
    .select((of) => of.fn.sum<number | string | bigint | null>('bytes').as('bytes'))
    .where('workspace', '=', WORKSPACE)
    .executeTakeFirst();
  return Number(row?.bytes ?? 0);
}

/** Forgets a batch; what it held by endpoint, or null when it was gone or has another blob by now. */
export async function deleteBatch(
  trx: Trx,
  { log, first, blob }: BatchPlace,
): Promise<{ endpoint: string; captures: number }[] | null> {
  const { numDeletedRows } = await trx
    .deleteFrom('capture_batches')
    .where('workspace', '=', WORKSPACE)
    .where('log', '=', log)
    .where('first_offset', '=', first)
    .where('blob', '=', blob)
    .executeTakeFirst();
  if (numDeletedRows === 0n) return null;
  return trx
    .deleteFrom('capture_batch_endpoints')
    .where('workspace', '=', WORKSPACE)
    .where('log', '=', log)
    .where('first_offset', '=', first)
    .returning(['endpoint', 'captures'])
    .execute();
}

/** Adds to what was removed of an endpoint. */
export async function addRemovals(
  trx: Trx,
  endpoint: string,
  {
    expired = 0,
    expiredBefore = null,
    erased = 0,
  }: { expired?: number; expiredBefore?: number | null; erased?: number },
): Promise<void> {
  await trx
    .insertInto('capture_removals')
    .values({ workspace: WORKSPACE, endpoint, expired, expired_before: expiredBefore, erased })
    .onConflict((conflict) =>
      conflict.columns(['workspace', 'endpoint']).doUpdateSet((set) => ({
        expired: set('capture_removals.expired', '+', expired),
        erased: set('capture_removals.erased', '+', erased),
        ...(expiredBefore === null ? {} : { expired_before: expiredBefore }),
      })),
    )
    .execute();
}

export async function findRemovals(
  db: Db,
  endpoint: string,
): Promise<Pick<CaptureRemovalTable, 'expired' | 'expired_before' | 'erased'>> {
  const row = await db
    .selectFrom('capture_removals')
    .select(['expired', 'expired_before', 'erased'])
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .executeTakeFirst();
  return row ?? { expired: 0, expired_before: null, erased: 0 };
}

export async function doomBlob(trx: Trx, blob: string, now: number): Promise<void> {
  await trx
    .insertInto('capture_doomed_blobs')
    .values({ workspace: WORKSPACE, blob, doomed_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function listDoomedBlobs(db: Db, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('capture_doomed_blobs')
    .select('blob')
    .where('workspace', '=', WORKSPACE)
    .orderBy('blob')
    .limit(limit)
    .execute();
  return rows.map(({ blob }) => blob);
}

export async function forgetDoomedBlobs(trx: Trx, blobs: readonly string[]): Promise<void> {
  await trx
    .deleteFrom('capture_doomed_blobs')
    .where('workspace', '=', WORKSPACE)
    .where('blob', 'in', [...blobs])
    .execute();
}

/** Which of these blobs a batch names. */
export async function listNamedBlobs(db: Db, blobs: readonly string[]): Promise<Set<string>> {
  if (blobs.length === 0) return new Set();
  const rows = await db
    .selectFrom('capture_batches')
    .select('blob')
    .where('workspace', '=', WORKSPACE)
    .where('blob', 'in', [...blobs])
    .execute();
  return new Set(rows.map(({ blob }) => blob));
}

export async function findSweptUpTo(db: Db, folder: string): Promise<string> {
  const row = await db
    .selectFrom('capture_sweeps')
    .select('swept_up_to')
    .where('workspace', '=', WORKSPACE)
    .where('folder', '=', folder)
    .executeTakeFirst();
  return row?.swept_up_to ?? '';
}

export async function setSweptUpTo(trx: Trx, folder: string, day: string): Promise<void> {
  await trx
    .insertInto('capture_sweeps')
    .values({ workspace: WORKSPACE, folder, swept_up_to: day })
    .onConflict((conflict) => conflict.columns(['workspace', 'folder']).doUpdateSet({ swept_up_to: day }))
    .execute();
}
