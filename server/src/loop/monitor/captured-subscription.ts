import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import type { Subscription } from '../../platform/events/events.ts';
import { insertInbox } from './ingest.store.ts';
import { lockMonitor } from './lock-monitor.ts';
import { findMonitor } from './monitor.store.ts';
import { requestIngest } from './request-ingest.ts';

interface Stored {
  readonly log: string;
  readonly first: number;
  readonly endpoints: readonly { readonly endpoint: string; readonly captures: number }[];
}

/** Captures that arrive wait to be counted, each batch once however often it is told. */
export function capturedSubscription(parts: Pick<Context, 'db' | 'clock' | 'jobs'>): Subscription {
  return {
    name: 'monitor.captures',
    types: ['captures.stored'],
    async handle({ data }, given) {
      const trx = given as unknown as Trx;
      const { log, first, endpoints } = data as unknown as Stored;
      // In one order everywhere, so that two transactions never wait for each other.
      for (const { endpoint, captures } of [...endpoints].sort((a, b) => (a.endpoint < b.endpoint ? -1 : 1))) {
        // Before it is looked at: a monitor that is being declared has either listed this batch, or is seen here.
        await lockMonitor(parts, trx, endpoint);
        if (!(await findMonitor(trx, endpoint))) continue;
        await insertInbox(trx, endpoint, [{ log, first, captures }]);
        await requestIngest(parts, trx, endpoint);
      }
    },
  };
}
