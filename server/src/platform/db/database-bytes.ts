import { type Kysely, sql } from 'kysely';
import type { DialectName } from './database.ts';

/** What the database takes on disk, without its write-ahead log. */
export async function databaseBytes<Tables>(db: Kysely<Tables>, dialect: DialectName): Promise<number> {
  const query =
    dialect === 'sqlite'
      ? sql<{
          bytes: number | string;
        }>`select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()`
      : sql<{ bytes: number | string }>`select pg_database_size(current_database()) as bytes`;
  const { rows } = await query.execute(db);
  return Number(rows[0]?.bytes ?? 0);
}
