import { existsSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import pg from 'pg';
import type { DatabaseConfig } from '../../config/config.ts';
import type { DialectName } from '../database.ts';
import { readByCursor } from './read-by-cursor.ts';
import { readSequences, type Sequences } from './sequences.ts';
import { type Ask, describeTables, selectOf, type TableShape, toValues, type Value } from './table-shape.ts';

const BUSY_MS = 10_000;
const ROWS_AT_ONCE = 1_000;

/** All tables of a database as they were at one moment, while others go on writing; nothing is changed. */
export interface TableSnapshot extends AsyncDisposable {
  readonly dialect: DialectName;
  readonly tables: readonly TableShape[];
  readonly sequences: Sequences;
  /** In pieces, in no particular order; one table at a time. */
  rows(table: TableShape): AsyncIterable<Value[][]>;
}

/** Null when there is nothing: no file, or no table. @throws what the driver says */
export async function openTableSnapshot(config: DatabaseConfig): Promise<TableSnapshot | null> {
  if (config.kind === 'sqlite' && !existsSync(config.path)) return null;
  const snapshot = config.kind === 'sqlite' ? await openSqliteFile(config.path) : await openServer(config.url);
  if (snapshot.tables.length > 0) return snapshot;
  await snapshot[Symbol.asyncDispose]();
  return null;
}

async function openSqliteFile(path: string): Promise<TableSnapshot> {
  const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
  const ask: Ask = async (statement, parameters = []) =>
    db.prepare(statement).all(...(parameters as readonly SQLInputValue[]));
  try {
    db.exec('begin');
    return {
      dialect: 'sqlite',
      tables: await describeTables(ask, 'sqlite'),
      sequences: await readSequences(ask, 'sqlite'),
      async *rows(table) {
        let batch: Value[][] = [];
        for (const row of db.prepare(selectOf(table, 'sqlite')).iterate()) {
          batch.push(toValues(table, row));
          if (batch.length < ROWS_AT_ONCE) continue;
          yield batch;
          batch = [];
        }
        if (batch.length > 0) yield batch;
      },
      [Symbol.asyncDispose]: async () => db.close(),
    };
  } catch (error) {
    db.close();
    throw error;
  }
}

async function openServer(url: string): Promise<TableSnapshot> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: BUSY_MS });
  // A lost connection shows when the next statement fails; unhandled, it would end the process.
  client.on('error', () => {});
  await client.connect();
  const ask: Ask = async (statement, parameters = []) => (await client.query(statement, [...parameters])).rows;
  try {
    await ask('begin transaction isolation level repeatable read read only');
    return {
      dialect: 'postgres',
      tables: await describeTables(ask, 'postgres'),
      sequences: await readSequences(ask, 'postgres'),
      rows: (table) => readByCursor(ask, table),
      [Symbol.asyncDispose]: () => client.end(),
    };
  } catch (error) {
    await client.end();
    throw error;
  }
}
