import { rmSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CompiledQuery, type Kysely, type Transaction } from 'kysely';
import type { DatabaseConfig } from '../../config/config.ts';
import type { Database, Migration } from '../database.ts';
import { migrate } from '../migrate.ts';
import { openPostgres } from '../open-postgres.ts';
import { openSqlite } from '../open-sqlite.ts';
import { readByCursor } from './read-by-cursor.ts';
import { advanceSequences, type Sequences } from './sequences.ts';
import { type Ask, describeTables, quote, selectOf, type TableShape, toValues, type Value } from './table-shape.ts';

/** A database that nobody sees yet: its schema is there, its tables are empty. */
export interface FillTarget {
  readonly tables: readonly TableShape[];
  insert(table: TableShape, rows: readonly (readonly Value[])[]): Promise<void>;
  /** What is in it by now. */
  rows(table: TableShape): AsyncIterable<Value[][]>;
  advance(sequences: Sequences): Promise<void>;
}

interface Filling {
  /** The schema that it gets. */
  readonly migrations: readonly Migration[];
  /** A throw leaves nothing behind. */
  readonly fill: (target: FillTarget) => Promise<void>;
}

/**
 * Makes a database with everything that `fill` puts into it, or none: on PostgreSQL in one transaction, as a SQLite
 * file under another name until it is whole. Whether there is one already is for the caller to find out.
 */
export async function fillDatabase(config: DatabaseConfig, filling: Filling): Promise<void> {
  if (config.kind === 'sqlite') return fillFile(config.path, filling);
  await using db = openPostgres<Record<string, never>>(config.url, { poolSize: 1 });
  await db.transaction((trx) => fillSchema(db, trx, filling));
}

async function fillFile(path: string, filling: Filling): Promise<void> {
  const partial = `${path}.incoming`;
  const remove = () => {
    for (const end of ['', '-wal', '-shm']) rmSync(`${partial}${end}`, { force: true });
  };
  remove();
  try {
    {
      // The last connection to close takes the write-ahead log into the file.
      await using db = openSqlite<Record<string, never>>(partial);
      await db.transaction((trx) => fillSchema(db, trx, filling));
    }
    await sync(partial);
    await rename(partial, path);
    await sync(dirname(path));
  } finally {
    remove();
  }
}

async function fillSchema(
  db: Database<Record<string, never>>,
  trx: Transaction<Record<string, never>>,
  { migrations, fill }: Filling,
): Promise<void> {
  const { dialect } = db;
  // All migrations in the transaction of the rows: what was not committed was never there.
  const inner = {
    ...db,
    read: trx as Kysely<Record<string, never>>,
    transaction: (work: (t: typeof trx) => unknown) => work(trx),
  };
  await migrate(inner as unknown as Database<Record<string, never>>, migrations, () => 0);
  const ask: Ask = async (statement, parameters = []) =>
    (await trx.executeQuery<Record<string, unknown>>(CompiledQuery.raw(statement, [...parameters]))).rows;
  const tables = await describeTables(ask, dialect);
  // Migrations put some rows in.
  for (const { name } of [...tables].reverse()) await ask(`delete from ${quote(name)}`);
  await fill({
    tables,
    insert: (table, rows) => insertRows(ask, dialect, table, rows),
    rows: (table) => (dialect === 'sqlite' ? readByStream(trx, table) : readByCursor(ask, table)),
    advance: (sequences) => advanceSequences(ask, dialect, sequences),
  });
}

/** Both databases bound the parameters of a statement; SQLite at 32,766. */
const MOST_PARAMETERS = 30_000;
const MOST_ROWS = 500;

async function insertRows(
  ask: Ask,
  dialect: Database<unknown>['dialect'],
  { name, columns }: TableShape,
  rows: readonly (readonly Value[])[],
): Promise<void> {
  const atOnce = Math.max(1, Math.min(MOST_ROWS, Math.floor(MOST_PARAMETERS / columns.length)));
  const names = columns.map((column) => quote(column.name)).join(', ');
  const overriding = dialect === 'postgres' ? ' overriding system value' : '';
  for (let from = 0; from < rows.length; from += atOnce) {
    const some = rows.slice(from, from + atOnce);
    const places = some.map((row, i) => {
      const marks = row.map((_, j) => (dialect === 'postgres' ? `$${i * columns.length + j + 1}` : '?'));
      return `(${marks.join(', ')})`;
    });
    await ask(`insert into ${quote(name)} (${names})${overriding} values ${places.join(', ')}`, some.flat());
  }
}

const ROWS_AT_ONCE = 1_000;

async function* readByStream(trx: Transaction<Record<string, never>>, table: TableShape): AsyncGenerator<Value[][]> {
  const query = CompiledQuery.raw(selectOf(table, 'sqlite'), []);
  let batch: Value[][] = [];
  for await (const { rows } of trx.getExecutor().stream<Record<string, unknown>>(query, ROWS_AT_ONCE)) {
    batch.push(...rows.map((row) => toValues(table, row)));
    if (batch.length < ROWS_AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function sync(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.sync();
}
