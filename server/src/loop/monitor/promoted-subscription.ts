import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import type { Subscription } from '../../platform/events/events.ts';
import { endAllAlerts } from './alert-life.ts';
import { lockMonitor } from './lock-monitor.ts';
import { findMonitor } from './monitor.store.ts';
import { deleteNewNormals } from './reference.store.ts';
import { requestReference } from './request-ingest.ts';
import { modelSignals } from './signal.ts';

/** A promotion moves the reference: what stood open about the version before is superseded. */
export function promotedSubscription(parts: Pick<Context, 'db' | 'clock' | 'jobs'>): Subscription {
  return {
    name: 'monitor.promotions',
    types: ['endpoint.promoted'],
    async handle({ id, subject, data }, given) {
      const trx = given as unknown as Trx;
      const endpoint = subject.replace(/^endpoint:/, '');
      await lockMonitor(parts, trx, endpoint);
      if (!(await findMonitor(trx, endpoint))) return;
      const { version } = data as { version?: string };
      const reason = `${version ?? 'another version'} holds stable traffic now`;
      await endAllAlerts(trx, parts, { endpoint, signals: modelSignals, state: 'superseded', reason, cause: id });
      await deleteNewNormals(trx, endpoint, modelSignals);
      await requestReference(parts, trx, endpoint);
    },
  };
}
