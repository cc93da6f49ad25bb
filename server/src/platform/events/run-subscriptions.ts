import { setTimeout as sleep } from 'node:timers/promises';
import { failpoint } from '../config/failpoint.ts';
import type { Database } from '../db/database.ts';
import type { Log } from '../log.ts';
import { type EventTables, moveCursor, readCursor, readEventsAfter } from './event.store.ts';
import type { Subscription } from './events.ts';

const POLL_MS = 250;
const BATCH = 100;

/** Delivers events to subscriptions until disposed; a handler that throws sees its event again. */
export function runSubscriptions(
  { db, log }: { db: Database<EventTables>; log: Log },
  subscriptions: readonly Subscription[],
): AsyncDisposable {
  const stop = new AbortController();
  const loops = subscriptions.map(async (subscription) => {
    while (!stop.signal.aborted) {
      const moved = await deliverBatch(db, subscription).catch((error: unknown) => {
        log.error({ err: error, subscription: subscription.name }, 'an event could not be handled; it stays');
        return false;
      });
      if (!moved) await sleep(POLL_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
  });
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(loops);
    },
  };
}

/** Handles what is new, one transaction an event; true when there was something. */
export async function deliverBatch(db: Database<EventTables>, subscription: Subscription): Promise<boolean> {
  const { name, types, handle, choose } = subscription;
  let cursor = await readCursor(db.read, name);
  const events = await readEventsAfter(db.read, { after: cursor, limit: BATCH, dialect: db.dialect, types });
  for (const event of choose ? await choose(events) : events) {
    const from = cursor;
    failpoint(`delivered:${name}:before`);
    await db.transaction(async (trx) => {
      if (await moveCursor(trx, name, from, event.seq)) await handle(event, trx);
    });
    failpoint(`delivered:${name}:after`);
    cursor = event.seq;
  }
  const from = cursor;
  const end = events.at(-1)?.seq ?? from;
  if (end > from) await db.transaction((trx) => moveCursor(trx, name, from, end));
  return events.length > 0;
}
