import type { Context } from '../../context.ts';
import { forgetDoomedBlobs, listDoomedBlobs } from './removal.store.ts';

const BLOBS_AT_ONCE = 200;

/** Deletes the blobs that no batch names any more; what a crash left over comes with the next call. */
export async function deleteDoomedBlobs({ db, blobs }: Pick<Context, 'db' | 'blobs'>): Promise<void> {
  for (;;) {
    const doomed = await listDoomedBlobs(db.read, BLOBS_AT_ONCE);
    if (doomed.length === 0) return;
    for (const blob of doomed) await blobs.delete(blob);
    await db.transaction((trx) => forgetDoomedBlobs(trx, doomed));
  }
}
