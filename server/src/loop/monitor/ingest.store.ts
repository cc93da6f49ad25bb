import type { Db, Trx } from '../../database.ts';
import { WORKSPACE } from './monitor.ts';

/** A batch of captures as a monitor meets it: each once, however often it is told. */
export interface MonitorInboxTable {
  workspace: string;
  endpoint: string;
  log: string;
  first_offset: number;
  captures: number;
  /** When labels could find its predictions. */
  indexed_at: number | null;
  /** When it was counted into its windows. */
  folded_at: number | null;
}

export interface MonitorInboxTables {
  monitor_inbox: MonitorInboxTable;
}

export type InboxRow = Pick<MonitorInboxTable, 'log' | 'first_offset' | 'captures' | 'indexed_at' | 'folded_at'>;

/** What is there already stays as it is. */
export async function insertInbox(
  trx: Trx,
  endpoint: string,
  batches: readonly { log: string; first: number; captures: number }[],
): Promise<void> {
  if (batches.length === 0) return;
  await trx
    .insertInto('monitor_inbox')
    .values(
      batches.map(({ log, first, captures }) => ({
        ...{ workspace: WORKSPACE, endpoint, log, first_offset: first, captures },
        ...{ indexed_at: null, folded_at: null },
      })),
    )
    .onConflict((conflict) => conflict.columns(['workspace', 'endpoint', 'log', 'first_offset']).doNothing())
    .execute();
}

/** What was not counted yet, in the order of the logs. */
export function listWaitingBatches(
  db: Db,
  endpoint: string,
  { limit, indexed }: { readonly limit: number; readonly indexed?: boolean },
): Promise<InboxRow[]> {
  let query = inbox(db, endpoint).where('folded_at', 'is', null);
  if (indexed === false) query = query.where('indexed_at', 'is', null);
  return query
    .select(['log', 'first_offset', 'captures', 'indexed_at', 'folded_at'])
    .orderBy('log')
    .orderBy('first_offset')
    .limit(limit)
    .execute();
}

export async function findInboxRow(
  db: Db,
  endpoint: string,
  { log, first_offset }: Pick<InboxRow, 'log' | 'first_offset'>,
): Promise<InboxRow | undefined> {
  return inbox(db, endpoint)
    .select(['log', 'first_offset', 'captures', 'indexed_at', 'folded_at'])
    .where('log', '=', log)
    .where('first_offset', '=', first_offset)
    .executeTakeFirst();
}

export async function markInbox(
  trx: Trx,
  endpoint: string,
  { log, first_offset }: Pick<InboxRow, 'log' | 'first_offset'>,
  marks: Partial<Pick<MonitorInboxTable, 'indexed_at' | 'folded_at'>>,
): Promise<void> {
  await trx
    .updateTable('monitor_inbox')
    .set(marks)
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .where('log', '=', log)
    .where('first_offset', '=', first_offset)
    .execute();
}

export async function deleteInbox(trx: Trx, endpoint: string): Promise<void> {
  await trx.deleteFrom('monitor_inbox').where('workspace', '=', WORKSPACE).where('endpoint', '=', endpoint).execute();
}

function inbox(db: Db, endpoint: string) {
  return db.selectFrom('monitor_inbox').where('workspace', '=', WORKSPACE).where('endpoint', '=', endpoint);
}
