import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely } from 'kysely';
import type { Database } from './database.ts';
import { GroupCommit } from './group-commit.ts';
import { runDirectly } from './prepared-query.ts';
import { ReaderPool } from './reader-pool.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import { sqliteDialect } from './sqlite-dialect.ts';

/** Opens a SQLite file (made if absent): one writer, one reader on this thread, reader threads for scans. */
export function openSqlite<Tables>(path: string): Database<Tables> {
  mkdirSync(dirname(path), { recursive: true });
  const writer = new SqliteConnection(path, { readOnly: false });
  const reader = new SqliteConnection(path, { readOnly: true });
  const pool = new ReaderPool(path);
  const group = new GroupCommit<Tables>(writer, new Kysely<Tables>({ dialect: sqliteDialect(writer) }));
  const read = new Kysely<Tables>({ dialect: sqliteDialect(reader) });
  runDirectly(read, reader);
  return {
    dialect: 'sqlite',
    capabilities: { replicas: false, skipLocked: false, sequenceGaps: false },
    read,
    scan: new Kysely<Tables>({ dialect: sqliteDialect(pool) }),
    transaction: (work) => group.transaction(work),
    lock: async () => {},
    async [Symbol.asyncDispose]() {
      await group.idle();
      await pool.close();
      reader.close();
      writer.close();
    },
  };
}
