import type { Trx } from '../../database.ts';
import { listBatches } from '../serve/index.ts';
import { insertInbox } from './ingest.store.ts';

const BATCHES_AT_ONCE = 200;

/** Everything that was captured of the endpoint so far waits to be counted. */
export async function fillInbox(trx: Trx, endpoint: string): Promise<void> {
  for (let after: Batch | undefined; ; ) {
    const batches: Batch[] = await listBatches(trx, { endpoint, limit: BATCHES_AT_ONCE, ...(after ? { after } : {}) });
    await insertInbox(trx, endpoint, batches);
    after = batches.at(-1);
    if (!after || batches.length < BATCHES_AT_ONCE) return;
  }
}

type Batch = Awaited<ReturnType<typeof listBatches>>[number];
