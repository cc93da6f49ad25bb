import { type QueryExecutorProvider, sql } from 'kysely';
import { dialectOf } from './dialect-of.ts';

/** Serialises transactions of all replicas that name the same key, until they end. SQLite has one writer anyway. */
export async function lockInTransaction(trx: QueryExecutorProvider, key: string): Promise<void> {
  if (dialectOf(trx) === 'sqlite') return;
  await sql`select pg_advisory_xact_lock(hashtextextended(${key}, 0))`.execute(trx);
}
