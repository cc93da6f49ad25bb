import type { Trx } from '../../database.ts';
import type { Subscription } from '../../platform/events/events.ts';
import { forgetKey } from './erased.store.ts';

/**
 * Captures were erased by their key: the index and the labels forget the key too. Their scores and labels stay, so
 * that what a window said stays true; nothing leads from them to anybody.
 */
export const erasedSubscription: Subscription = {
  name: 'monitor.erased-captures',
  types: ['captures.erased'],
  async handle({ subject, data }, given) {
    const endpoint = subject.replace(/^endpoint:/, '');
    for (const address of data['ids'] as readonly string[]) {
      const dot = address.lastIndexOf('.');
      const erased = { endpoint, id: address.slice(0, dot), row: Number(address.slice(dot + 1)) };
      await forgetKey(given as unknown as Trx, erased);
    }
  },
};
