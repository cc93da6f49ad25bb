import type { Context } from '../../../context.ts';
import type { Trx } from '../../../database.ts';
import { deleteTraceRows, selectTraces, TRACES_AT_ONCE, type TraceSelection } from './trace.store.ts';

/**
 * Deletes traces for good, the oldest first, some hundreds per transaction: killed in the middle, it leaves whole
 * traces only. Answers how many there were.
 */
export async function deleteTraces(
  { db }: Pick<Context, 'db'>,
  { limit, ids, ...selection }: TraceSelection,
): Promise<number> {
  const groups = ids === undefined ? [undefined] : chunk([...new Set(ids)]);
  let deleted = 0;
  for (const group of groups) {
    for (let last = TRACES_AT_ONCE; last === TRACES_AT_ONCE && deleted < limit; deleted += last) {
      const most = Math.min(TRACES_AT_ONCE, limit - deleted);
      last = await db.transaction(async (trx) => {
        const chosen = await selectTraces(trx, { ...selection, ids: group, limit: most });
        // A report of spans that is under way must not leave some of them behind.
        for (const id of chosen.toSorted()) await db.lock(trx, `trace:${id}`);
        return deleteTraceRows(trx, chosen);
      });
    }
  }
  return deleted;
}

/** With the experiments they are of, in the caller's transaction. */
export async function purgeTraces(trx: Trx, experiments: readonly number[]): Promise<void> {
  for (const experiment of experiments) {
    for (;;) {
      const ids = await selectTraces(trx, { experiment, limit: TRACES_AT_ONCE });
      if (ids.length === 0) break;
      await deleteTraceRows(trx, ids);
    }
  }
}

function chunk(ids: readonly string[]): string[][] {
  const chunks: string[][] = [];
  for (let from = 0; from < ids.length; from += TRACES_AT_ONCE) chunks.push(ids.slice(from, from + TRACES_AT_ONCE));
  return chunks;
}
