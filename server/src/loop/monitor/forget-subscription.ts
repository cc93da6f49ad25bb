import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import type { StoredEvent, Subscription } from '../../platform/events/events.ts';
import { type ErasedRow, eraseLabelsOfKey, erasePredictions, expirePredictions } from './forget.store.ts';
import { lockLabels } from './store-labels.ts';

/** What serving forgot about predictions is forgotten here: their rows, and what labels said about them. */
export function forgetSubscription(parts: Pick<Context, 'db'>): Subscription {
  return {
    name: 'monitor.forget',
    types: ['captures.erased', 'captures.expired'],
    async handle(event, given) {
      const trx = given as unknown as Trx;
      const endpoint = event.subject.replace(/^endpoint:/, '');
      await lockLabels(parts, trx, endpoint);
      if (event.type === 'captures.erased') await forgetErased(trx, endpoint, event);
      else await expirePredictions(trx, endpoint, Number(event.data['before']));
    },
  };
}

async function forgetErased(trx: Trx, endpoint: string, { data }: StoredEvent): Promise<void> {
  const { ids, key_sha256 } = data as { ids?: readonly string[]; key_sha256?: string };
  await erasePredictions(trx, (ids ?? []).flatMap(toRow));
  if (key_sha256 !== undefined) await eraseLabelsOfKey(trx, endpoint, key_sha256);
}

/** `ID.k` */
function toRow(text: string): ErasedRow[] {
  const [, id, row] = /^(.+)\.(\d+)$/.exec(text) ?? [];
  return id === undefined ? [] : [{ id, row: Number(row) }];
}
