import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Tables } from '../src/database.ts';
import { systemClock } from '../src/platform/clock.ts';
import type { DatabaseConfig } from '../src/platform/config/config.ts';
import type { Database, Migration } from '../src/platform/db/database.ts';
import { migrate } from '../src/platform/db/migrate.ts';
import { openPostgres } from '../src/platform/db/open-postgres.ts';
import { openSqlite } from '../src/platform/db/open-sqlite.ts';
import { uuidv7 } from '../src/platform/ids.ts';

/** A fresh, empty database and how to reach it again, for tests that start processes on it. */
export interface TestDatabase extends AsyncDisposable {
  readonly config: DatabaseConfig;
}

export interface DatabaseKind {
  readonly name: 'SQLite' | 'PostgreSQL';
  /** @param template an idle database that it begins as a copy of: a file of SQLite, a name on PostgreSQL */
  create(template?: string): Promise<TestDatabase>;
}

const postgresUrl = process.env['BUCLE_TEST_POSTGRES_URL'];

/** The databases that every store test runs over: `describe.each(databases)('… on $name', …)`. */
export const databases: readonly DatabaseKind[] = [
  { name: 'SQLite', create: createSqlite },
  ...(postgresUrl === undefined
    ? []
    : [{ name: 'PostgreSQL' as const, create: (template?: string) => createPostgres(postgresUrl, template) }]),
];

/** Opens a fresh database with these migrations applied. */
export async function openTestDatabase<T = Tables>(
  kind: DatabaseKind,
  migrations: readonly Migration[] = [],
): Promise<Database<T>> {
  const created = await kind.create();
  const db = openDatabase<T>(created.config);
  await migrate(db, migrations, () => systemClock.now());
  return {
    ...db,
    async [Symbol.asyncDispose]() {
      await db[Symbol.asyncDispose]();
      await created[Symbol.asyncDispose]();
    },
  };
}

export function openDatabase<T>(config: DatabaseConfig): Database<T> {
  return config.kind === 'sqlite' ? openSqlite<T>(config.path) : openPostgres<T>(config.url, { poolSize: 8 });
}

async function createSqlite(template?: string): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'bucle-test-'));
  const path = join(folder, 'bucle.db');
  if (template !== undefined) await copyFile(template, path);
  return {
    config: { kind: 'sqlite', path },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function createPostgres(adminUrl: string, template = 'template1'): Promise<TestDatabase> {
  const name = `bucle_test_${uuidv7().replaceAll('-', '')}`;
  await run(adminUrl, `create database ${name} template ${template}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return {
    config: { kind: 'postgres', url: url.href },
    [Symbol.asyncDispose]: () => run(adminUrl, `drop database if exists ${name} with (force)`),
  };
}

async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
