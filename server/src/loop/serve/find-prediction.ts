import type { Context } from '../../context.ts';
import type { Capture } from './capture/capture.ts';
import { findBatchesOfId } from './captures.store.ts';
import { serveErrors } from './errors.ts';
import { readCaptures } from './read-captures.ts';

/** The request with this id. @throws SERVE_PREDICTION_NOT_FOUND */
export async function findPrediction(parts: Pick<Context, 'db' | 'blobs'>, id: string): Promise<Capture> {
  for (const batch of await findBatchesOfId(parts.db.read, id)) {
    const found = (await readCaptures(parts, batch, id)).find((capture) => capture.id === id);
    if (found) return found;
  }
  throw serveErrors.PREDICTION_NOT_FOUND({ id });
}
