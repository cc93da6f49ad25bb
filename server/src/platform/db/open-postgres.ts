import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Database } from './database.ts';
import { lockInTransaction } from './transaction-lock.ts';

const INT8 = 20;
const NUMERIC = 1700;

/** Opens a pool on a PostgreSQL server, by connection string. */
export function openPostgres<Tables>(url: string, options: { poolSize?: number } = {}): Database<Tables> {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.poolSize ?? 10,
    connectionTimeoutMillis: 10_000,
    types: { getTypeParser: (oid: number, format?: 'text' | 'binary') => parser(oid, format) },
  });
  // An idle connection that breaks is replaced by the pool; unhandled, it would end the process.
  pool.on('error', () => {});
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return {
    dialect: 'postgres',
    capabilities: { replicas: true, skipLocked: true, sequenceGaps: true },
    read: kysely,
    scan: kysely,
    transaction: (work) => kysely.transaction().execute(work),
    lock: lockInTransaction,
    async [Symbol.asyncDispose]() {
      await kysely.destroy();
    },
  };
}

// Our integers are milliseconds and counts below 2^53; `pg` would hand them over as strings.
function parser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (oid === INT8 || oid === NUMERIC) return Number;
  return pg.types.getTypeParser(oid, format) as (value: string) => unknown;
}
