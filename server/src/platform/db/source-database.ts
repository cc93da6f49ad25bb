import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import pg from 'pg';
import type { DialectName } from './database.ts';

/** Column → value. Integers beyond 2^53 are bigints, so that they can be told from the others. */
export type SourceRow = Readonly<Record<string, unknown>>;

/**
 * A database of some other program: read, never written, and not locked for longer than one statement takes, since
 * its owner may be at work in it.
 */
export interface SourceDatabase extends AsyncDisposable {
  readonly dialect: DialectName;
  /** `?` stands for a parameter. Rejects with what the database says. */
  rows(statement: string, parameters?: readonly (string | number)[]): Promise<SourceRow[]>;
  /** Table → its columns. */
  columns(): Promise<ReadonlyMap<string, ReadonlySet<string>>>;
}

const BUSY_MS = 10_000;

/** @throws when there is no such file, or it is no SQLite database */
export function openSourceSqlite(path: string): SourceDatabase {
  const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
  const all = (statement: string, parameters: readonly (string | number)[]): SourceRow[] => {
    const prepared = db.prepare(statement);
    prepared.setReadBigInts(true);
    return prepared.all(...(parameters as SQLInputValue[])).map(narrow);
  };
  return {
    dialect: 'sqlite',
    rows: async (statement, parameters = []) => all(statement, parameters),
    async columns() {
      return groupColumns(
        all(
          'select m.name as table_name, c.name as column_name from sqlite_master m, pragma_table_info(m.name) c ' +
            "where m.type = 'table'",
          [],
        ),
      );
    },
    async [Symbol.asyncDispose]() {
      db.close();
    },
  };
}

/** One connection that may not write. @throws what `pg` says */
export async function openSourcePostgres(url: string): Promise<SourceDatabase> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: BUSY_MS,
    options: '-c default_transaction_read_only=on',
    types: { getTypeParser: (oid: number, format?: 'text' | 'binary') => parser(oid, format) },
  });
  // A lost connection shows when the next statement fails; unhandled, it would end the process.
  client.on('error', () => {});
  await client.connect();
  const rows = async (statement: string, parameters: readonly (string | number)[] = []) => {
    let count = 0;
    const text = statement.replace(/\?/g, () => {
      count += 1;
      return `$${count}`;
    });
    return (await client.query(text, [...parameters])).rows as SourceRow[];
  };
  return {
    dialect: 'postgres',
    rows,
    async columns() {
      const statement = 'select table_name, column_name from information_schema.columns where table_schema = ';
      return groupColumns(await rows(`${statement}current_schema()`));
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}

const INT8 = 20;
const NUMERIC = 1700;

function parser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === INT8) return (value) => narrowed(BigInt(value));
  if (oid === NUMERIC) return Number;
  return pg.types.getTypeParser(oid, format) as (value: string) => unknown;
}

function narrow(row: Record<string, unknown>): SourceRow {
  for (const [name, value] of Object.entries(row)) if (typeof value === 'bigint') row[name] = narrowed(value);
  return row;
}

function narrowed(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function groupColumns(rows: readonly SourceRow[]): Map<string, Set<string>> {
  const tables = new Map<string, Set<string>>();
  for (const row of rows) {
    const name = String(row['table_name']);
    const columns = tables.get(name) ?? new Set();
    tables.set(name, columns.add(String(row['column_name'])));
  }
  return tables;
}
