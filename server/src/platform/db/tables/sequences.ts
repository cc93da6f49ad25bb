import type { DialectName } from '../database.ts';
import { type Ask, quote } from './table-shape.ts';

/** Table → the last number that its sequence gave out. A number is never given twice, even when its row is gone. */
export type Sequences = Readonly<Record<string, number>>;

const IDENTITIES = `select table_name as "table", column_name as "column",
    pg_get_serial_sequence(quote_ident(table_name), column_name) as sequence
  from information_schema.columns where table_schema = current_schema()
    and (is_identity = 'YES' or column_default like 'nextval(%')`;

export async function readSequences(ask: Ask, dialect: DialectName): Promise<Sequences> {
  if (dialect === 'sqlite') {
    const known = await ask("select name from sqlite_master where name = 'sqlite_sequence'");
    const rows = known.length === 0 ? [] : await ask('select name, seq from sqlite_sequence');
    return Object.fromEntries(rows.map((row) => [String(row['name']), Number(row['seq'])]));
  }
  const last: Record<string, number> = {};
  for (const { table, sequence } of await ask(IDENTITIES)) {
    const [row] = await ask(`select case when is_called then last_value else 0 end as last from ${String(sequence)}`);
    last[String(table)] = Number(row?.['last'] ?? 0);
  }
  return last;
}

/** Sequences go on behind both: what they had given out, and what is in the table. */
export async function advanceSequences(ask: Ask, dialect: DialectName, last: Sequences): Promise<void> {
  if (dialect === 'sqlite') {
    for (const [table, seq] of Object.entries(last)) {
      await ask('update sqlite_sequence set seq = max(seq, ?) where name = ?', [seq, table]);
      await ask(
        'insert into sqlite_sequence (name, seq) select ?, ? where not exists (select 1 from sqlite_sequence where name = ?)',
        [table, seq, table],
      );
    }
    return;
  }
  for (const { table, column, sequence } of await ask(IDENTITIES)) {
    const [row] = await ask(`select max(${quote(String(column))}) as last from ${quote(String(table))}`);
    const next = Math.max(Number(row?.['last'] ?? 0), last[String(table)] ?? 0);
    if (next > 0) await ask('select setval($1::regclass, $2::bigint)', [String(sequence), next]);
  }
}
