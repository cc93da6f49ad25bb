import type { Db, Trx } from '../../database.ts';
import type { IndexedPrediction } from './prediction-index.ts';

const WORKSPACE = 'default';
const ROWS_AT_ONCE = 1_000;
/** More changes than a window can have: it is never computed again. */
const FROZEN = Number.MAX_SAFE_INTEGER;

export interface ErasedRow {
  readonly id: string;
  readonly row: number;
}

/** These rows, their labels, and what keeps them from coming back. */
export async function erasePredictions(trx: Trx, rows: readonly ErasedRow[]): Promise<void> {
  for (const { id, row } of rows) {
    const one = { workspace: WORKSPACE, id, row_index: row };
    await trx
      .deleteFrom('monitor_predictions')
      .where('workspace', '=', WORKSPACE)
      .where('id', '=', id)
      .where('row_index', '=', row)
      .execute();
    await trx
      .deleteFrom('monitor_labels')
      .where('workspace', '=', WORKSPACE)
      .where('prediction_id', '=', id)
      .where((where) => where.or([where('row_index', '=', row), where('row_index', 'is', null)]))
      .execute();
    await trx
      .insertInto('monitor_erased_predictions')
      .values(one)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/** Labels that named the key, also those that wait. */
export async function eraseLabelsOfKey(trx: Trx, endpoint: string, keySha256: string): Promise<void> {
  await trx
    .deleteFrom('monitor_labels')
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .where('key_sha256', '=', keySha256)
    .execute();
}

/** Those that were not erased meanwhile. */
export async function withoutErased(
  db: Db,
  predictions: readonly IndexedPrediction[],
): Promise<readonly IndexedPrediction[]> {
  const erased = new Set<string>();
  for (let at = 0; at < predictions.length; at += ROWS_AT_ONCE) {
    const ids = [...new Set(predictions.slice(at, at + ROWS_AT_ONCE).map(({ id }) => id))];
    const rows = await db
      .selectFrom('monitor_erased_predictions')
      .select(['id', 'row_index'])
      .where('workspace', '=', WORKSPACE)
      .where('id', 'in', ids)
      .execute();
    for (const { id, row_index } of rows) erased.add(`${id}.${row_index}`);
  }
  return erased.size === 0 ? predictions : predictions.filter(({ id, row }) => !erased.has(`${id}.${row}`));
}

/**
 * Predictions that were recorded before a moment of the server's clock, with their labels. The quality of final
 * windows stays as it was: computed again, it would be that of what is left.
 */
export async function expirePredictions(trx: Trx, endpoint: string, before: number): Promise<void> {
  const old = () =>
    trx
      .selectFrom('monitor_predictions')
      .where('workspace', '=', WORKSPACE)
      .where('endpoint', '=', endpoint)
      .where('recorded_at', '<', before);
  const { first, last } = await old()
    .select((of) => [
      of.fn.min<number | null>('event_time').as('first'),
      of.fn.max<number | null>('event_time').as('last'),
    ])
    .executeTakeFirstOrThrow();
  if (first === null || last === null) return;
  await trx
    .updateTable('monitor_quality')
    .set({ computed_changes: FROZEN })
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .where('state', '=', 'final')
    .where('window_start', '<=', last)
    .where('window_end', '>', first)
    .execute();
  await trx
    .deleteFrom('monitor_labels')
    .where('workspace', '=', WORKSPACE)
    .where('prediction_id', 'in', old().select('id'))
    .execute();
  await trx
    .deleteFrom('monitor_predictions')
    .where('workspace', '=', WORKSPACE)
    .where('endpoint', '=', endpoint)
    .where('recorded_at', '<', before)
    .execute();
}
