import { type Kysely, sql } from 'kysely';
import type { Database, Migration } from './database.ts';

interface MigrationTables {
  bucle_migrations: { name: string; applied_at: number };
}

/**
 * Applies what is missing of `migrations`, in the order of their names, each in a transaction.
 * Replicas that start together wait for each other. Returns the names applied now.
 * @throws Error when the database holds a migration that this program does not know (it is older than the data).
 */
export async function migrate<Tables>(
  db: Database<Tables>,
  migrations: readonly Migration[],
  now: () => number,
): Promise<string[]> {
  const ordered = [...migrations].sort((a, b) => (a.name < b.name ? -1 : 1));
  await db.transaction(async (trx) => {
    await db.lock(trx, 'bucle-migrations');
    await sql`create table if not exists bucle_migrations (name text primary key, applied_at bigint not null)`.execute(
      trx,
    );
  });
  const applied: string[] = [];
  for (const migration of ordered) {
    const ran = await db.transaction(async (trx) => {
      await db.lock(trx, 'bucle-migrations');
      const own = trx as unknown as Kysely<MigrationTables>;
      const known = await own
        .selectFrom('bucle_migrations')
        .select('name')
        .where('name', '=', migration.name)
        .execute();
      if (known.length > 0) return false;
      await migration.up(trx as unknown as Kysely<unknown>, db.dialect);
      await own.insertInto('bucle_migrations').values({ name: migration.name, applied_at: now() }).execute();
      return true;
    });
    if (ran) applied.push(migration.name);
  }
  await refuseNewerSchema(db, ordered);
  return applied;
}

async function refuseNewerSchema<Tables>(db: Database<Tables>, known: readonly Migration[]): Promise<void> {
  const own = db.read as unknown as Kysely<MigrationTables>;
  const rows = await own.selectFrom('bucle_migrations').select('name').execute();
  const names = new Set(known.map(({ name }) => name));
  const strange = rows.map(({ name }) => name).filter((name) => !names.has(name));
  if (strange.length > 0) {
    throw new Error(
      `The database was written by a newer Bucle (it has ${strange.join(', ')}). Start that version, or restore a backup.`,
    );
  }
}
