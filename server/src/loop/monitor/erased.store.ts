import type { Trx } from '../../database.ts';

const WORKSPACE = 'default';

export interface ErasedRow {
  readonly endpoint: string;
  readonly id: string;
  readonly row: number;
}

/** Nothing says any more whom a prediction or its labels were about. */
export async function forgetKey(trx: Trx, { endpoint, id, row }: ErasedRow): Promise<void> {
  await trx
    .updateTable('monitor_predictions')
    .set({ key: null })
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .where('id', '=', id)
    .where('row_index', '=', row)
    .execute();
  await trx
    .updateTable('monitor_labels')
    .set({ label_key: null })
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .where('prediction_id', '=', id)
    .where('row_index', '=', row)
    .execute();
}
