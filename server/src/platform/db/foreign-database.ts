import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type Kysely, sql } from 'kysely';
import { defineErrors } from '../errors.ts';

export const databaseErrors = defineErrors('DATABASE', {
  OF_MLFLOW: {
    status: 409,
    message: '{place} is the database of an MLflow server: nothing was changed in it.',
    next: 'Give this server a database of its own, and copy the other into it with `bucle import mlflow SOURCE`.',
  },
  FOREIGN: {
    status: 409,
    message: '{place} holds something else than the records of this server: nothing was changed in it.',
    next: 'Name a file or a database that does not exist yet, or is empty.',
  },
});

/** Before a file is opened for writing, which changes it already. @throws DATABASE_OF_MLFLOW, DATABASE_FOREIGN */
export function refuseForeignFile(path: string): void {
  if (!existsSync(path)) return;
  const place = `The file ${path}`;
  let names: string[];
  try {
    using file = new DatabaseSync(path, { readOnly: true });
    names = file
      .prepare("select name from sqlite_master where type = 'table'")
      .all()
      .map(({ name }) => String(name));
  } catch (cause) {
    if (!/not a database/.test((cause as Error).message)) throw cause;
    throw databaseErrors.FOREIGN({ place }, { cause });
  }
  judge(names, place, { mayShare: false });
}

/** A schema of PostgreSQL may hold tables of others, but none of MLflow's: they have the names of ours. @throws DATABASE_OF_MLFLOW */
export async function refuseForeignSchema(db: Kysely<never>): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_catalog.pg_tables where schemaname = current_schema()`.execute(db);
  judge(
    rows.map(({ name }) => name),
    'The database of --backend-store-uri',
    { mayShare: true },
  );
}

function judge(tables: readonly string[], place: string, { mayShare }: { readonly mayShare: boolean }): void {
  if (tables.includes('bucle_migrations')) return;
  if (tables.includes('alembic_version') && tables.includes('experiments')) throw databaseErrors.OF_MLFLOW({ place });
  if (!mayShare && tables.length > 0) throw databaseErrors.FOREIGN({ place });
}
