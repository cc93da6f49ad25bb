import { PostgresAdapter, type QueryExecutorProvider } from 'kysely';
import type { DialectName } from './database.ts';

/** For statements that each database has to be told in its own words. */
export function dialectOf(db: QueryExecutorProvider): DialectName {
  return db.getExecutor().adapter instanceof PostgresAdapter ? 'postgres' : 'sqlite';
}
