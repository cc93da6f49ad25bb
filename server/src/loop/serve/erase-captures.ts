import type { Context } from '../../context.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { endpointRef, findEndpoint } from '../deploy/index.ts';
import { listCounts } from './captures.store.ts';
import { findRunningErasure, insertErasure } from './erasure.store.ts';
import { type Erasure, hashKey } from './erasure.ts';
import { serveErrors } from './errors.ts';
import { erasureLock } from './store-captures.ts';

export const ERASE_KIND = 'serve.erase';

interface Request {
  readonly endpoint: string;
  readonly key: string;
  readonly actor: string;
  readonly cause: string;
}

/**
 * Forgets what was captured about a key: what is here is rewritten by a durable job, and what a gateway received up
 * to now and delivers later is not kept. The same again, while that runs, is the same erasure.
 * @throws SERVE_NOTHING_CAPTURED
 */
export async function eraseCaptures(
  parts: Pick<Context, 'db' | 'jobs' | 'clock'>,
  { endpoint, key, actor, cause }: Request,
): Promise<Erasure> {
  const { db, jobs, clock } = parts;
  const known = (await findEndpoint(db.read, endpoint)) || (await listCounts(db.read, endpoint)).length > 0;
  if (!known) throw serveErrors.NOTHING_CAPTURED({ endpoint });
  const keySha256 = hashKey(key);
  return db.transaction(async (trx) => {
    await db.lock(trx, erasureLock(endpoint));
    const running = await findRunningErasure(trx, endpoint, keySha256);
    if (running) return running;
    const now = clock.now();
    const erasure: Erasure = {
      ...{ id: uuidv7(now), endpoint, keySha256, state: 'running', actor, requestedAt: now, finishedAt: null },
      ...{ batches: 0, predictions: 0, datasetVersions: [] },
    };
    const event = await appendEvent(trx, parts, {
      ...{ type: 'captures.erasure_requested', subject: endpointRef(endpoint), actor, cause },
      data: { erasure: erasure.id, key_sha256: keySha256 },
    });
    await insertErasure(trx, erasure, event);
    await jobs.enqueue(trx, { kind: ERASE_KIND, key: erasure.id, payload: { erasure: erasure.id } });
    return erasure;
  });
}
