import type { Db, Trx } from '../../database.ts';

const WORKSPACE = 'default';

/** How far a batch with an idempotency key came. */
export interface LabelBatchTable {
  workspace: string;
  endpoint: string;
  key: string;
  /** Over the lines that are done. */
  digest: string;
  lines: number;
  /** JSON: what became of them. */
  receipt: string;
  started_at: number;
  updated_at: number;
}

export interface LabelBatchTables {
  monitor_label_batches: LabelBatchTable;
}

export type LabelBatch = Omit<LabelBatchTable, 'workspace'>;

export async function findLabelBatch(db: Db, endpoint: string, key: string): Promise<LabelBatch | null> {
  const row = await db
    .selectFrom('monitor_label_batches')
    .selectAll()
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .where('key', '=', key)
    .executeTakeFirst();
  return row ?? null;
}

/** Moves a batch on from where it was; false when somebody else did meanwhile. */
export async function advanceLabelBatch(trx: Trx, batch: LabelBatch, from: number): Promise<boolean> {
  const { endpoint, key, digest, lines, receipt, updated_at } = batch;
  if (from === 0) {
    const { numInsertedOrUpdatedRows } = await trx
      .insertInto('monitor_label_batches')
      .values({ workspace: WORKSPACE, ...batch })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return numInsertedOrUpdatedRows === 1n;
  }
  const { numUpdatedRows } = await trx
    .updateTable('monitor_label_batches')
    .set({ digest, lines, receipt, updated_at })
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .where('key', '=', key)
    .where('lines', '=', from)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}
