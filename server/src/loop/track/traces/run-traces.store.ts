import type { Db } from '../../../database.ts';
import { WORKSPACE } from '../workspace.ts';
import { toTrace } from './trace.store.ts';
import type { Trace } from './trace.ts';

/** The newest first; after the one of this time (milliseconds since the epoch) and id. */
export async function listTracesOfRun(
  db: Db,
  run: string,
  {
    after,
    limit,
  }: { readonly after: { readonly timestamp: number; readonly id: string } | null; readonly limit: number },
): Promise<Trace[]> {
  let query = db
    .selectFrom('trace_links as l')
    .innerJoin('traces as t', (join) => join.onRef('t.workspace', '=', 'l.workspace').onRef('t.id', '=', 'l.trace'))
    .selectAll('t')
    .where('l.workspace', '=', WORKSPACE)
    .where('l.kind', '=', 'run')
    .where('l.target', '=', run);
  if (after !== null) {
    query = query.where((eb) =>
      eb.or([
        eb('t.timestamp_ms', '<', after.timestamp),
        eb.and([eb('t.timestamp_ms', '=', after.timestamp), eb('t.id', '>', after.id)]),
      ]),
    );
  }
  const rows = await query.orderBy('t.timestamp_ms', 'desc').orderBy('t.id').limit(limit).execute();
  return rows.map(toTrace);
}
