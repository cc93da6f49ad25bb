import { type Ask, selectOf, type TableShape, toValues, type Value } from './table-shape.ts';

const ROWS_AT_ONCE = 1_000;

/** On PostgreSQL, inside of a transaction: the driver alone would hold the whole table in memory. */
export async function* readByCursor(ask: Ask, table: TableShape): AsyncGenerator<Value[][]> {
  await ask(`declare bucle_rows no scroll cursor for ${selectOf(table, 'postgres')}`);
  for (;;) {
    const rows = await ask(`fetch ${ROWS_AT_ONCE} from bucle_rows`);
    if (rows.length > 0) yield rows.map((row) => toValues(table, row));
    if (rows.length < ROWS_AT_ONCE) break;
  }
  await ask('close bucle_rows');
}
