import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';

const TYPES: readonly (readonly [RegExp, string])[] = [
  [/^bigint/i, 'bigint'],
  [/^int/i, 'integer'],
  [/^bool/i, 'boolean'],
  [/^(float|double|real)/i, 'double precision'],
  [/^blob|binary/i, 'bytea'],
];

/** The tables of a SQLite file with the types that MLflow's migrations give them on PostgreSQL. */
export async function copyToPostgres(path: string, url: string): Promise<void> {
  const db = new DatabaseSync(path, { readOnly: true });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const tables = db.prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'").all();
    for (const { name } of tables) await copyTable(db, client, String(name));
  } finally {
    await client.end();
    db.close();
  }
}

async function copyTable(db: DatabaseSync, client: pg.Client, table: string): Promise<void> {
  const columns = db.prepare('select name, type from pragma_table_info(?)').all(table);
  const typed = columns.map(({ name, type }) => {
    const found = TYPES.find(([pattern]) => pattern.test(String(type)))?.[1] ?? 'text';
    return { name: String(name), type: found };
  });
  await client.query(`create table "${table}" (${typed.map(({ name, type }) => `"${name}" ${type}`).join(', ')})`);
  const marks = typed.map((_, index) => `$${index + 1}`).join(', ');
  const read = db.prepare(`select * from "${table}"`);
  read.setReadBigInts(true);
  for (const row of read.all()) {
    const values = typed.map(({ name, type }) =>
      type === 'boolean' && row[name] !== null ? row[name] === 1n : row[name],
    );
    await client.query(`insert into "${table}" values (${marks})`, values);
  }
}
