import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { endpointRef } from '../deploy/index.ts';
import type { ErasedCapture } from './erasure.ts';
import { addRemovals } from './removal.store.ts';

/** Rows `ID.k` that were erased, by endpoint and hash of their key. */
export type Erased = readonly {
  readonly endpoint: string;
  readonly keySha256: string;
  readonly ids: readonly string[];
}[];

export function mergeErased(captures: readonly (Pick<ErasedCapture, 'erased'> & { endpoint: string })[]): Erased {
  const all = captures.flatMap(({ endpoint, erased }) =>
    [...erased].map(([keySha256, ids]) => ({ endpoint, keySha256, ids })),
  );
  return [...Map.groupBy(all, ({ endpoint, keySha256 }) => `${endpoint}\0${keySha256}`).values()].flatMap((group) =>
    group.slice(0, 1).map((one) => ({ ...one, ids: group.flatMap(({ ids }) => ids) })),
  );
}

interface Recorded {
  readonly log: string;
  readonly first: number;
  readonly erased: Erased;
  readonly actor: string;
  readonly cause: string | null;
}

/** Tells of rows of a batch that are no more, so that whoever keeps something about them forgets it too. */
export async function recordErased(
  trx: Trx,
  parts: Pick<Context, 'clock'>,
  { log, first, erased, actor, cause }: Recorded,
): Promise<void> {
  for (const { endpoint, keySha256, ids } of erased) {
    await addRemovals(trx, endpoint, { erased: ids.length });
    await appendEvent(trx, parts, {
      type: 'captures.erased',
      subject: endpointRef(endpoint),
      actor,
      ...(cause === null ? {} : { cause }),
      data: { key_sha256: keySha256, predictions: ids.length, ids, log, first },
    });
  }
}
