import type { Context } from '../../context.ts';
import type { Capture } from './capture/capture.ts';
import { findBlob } from './captures.store.ts';
import { readCaptures } from './read-captures.ts';

/**
 * All captures that a batch was stored with and that were not erased since, in the order of the log; none when the
 * batch has expired. `captures.stored` names batches. @throws SERVE_CAPTURES_DAMAGED
 */
export async function readBatch(
  parts: Pick<Context, 'db' | 'blobs'>,
  batch: { readonly log: string; readonly first: number },
): Promise<Capture[]> {
  const blob = await findBlob(parts.db.read, batch);
  return blob === null ? [] : readCaptures(parts, { ...batch, blob }, '');
}
