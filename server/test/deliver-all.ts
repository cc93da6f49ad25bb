import { setTimeout as sleep } from 'node:timers/promises';
import type { BucleDatabase } from '../src/database.ts';
import { readCursor, readEventsAfter } from '../src/platform/events/event.store.ts';
import type { Subscription } from '../src/platform/events/events.ts';
import { deliverBatch } from '../src/platform/events/run-subscriptions.ts';

/**
 * Delivers what was written until now. PostgreSQL keeps events back while an older transaction is open anywhere in the
 * cluster, also one of another test: these are waited for.
 */
export async function deliverAll(db: BucleDatabase, subscription: Subscription): Promise<void> {
  const { name, types } = subscription;
  for (;;) {
    while (await deliverBatch(db as never, subscription));
    const after = await readCursor(db.read as never, name);
    // As SQLite reads them: without looking at open transactions.
    const left = await readEventsAfter(db.read as never, { after, limit: 1, dialect: 'sqlite', types });
    if (left.length === 0) return;
    await sleep(10);
  }
}
