import type { Kysely } from 'kysely';
import type { Context, Stage } from './context.ts';
import type { Tables } from './database.ts';
import { importMigrations } from './imports/migrations/index.ts';
import { authMigrations } from './platform/auth/migrations/index.ts';
import { openBlobs } from './platform/blobs/open-blobs.ts';
import { type Clock, systemClock } from './platform/clock.ts';
import type { Config } from './platform/config/config.ts';
import type { Database, Migration } from './platform/db/database.ts';
import { refuseForeignFile, refuseForeignSchema } from './platform/db/foreign-database.ts';
import { migrate } from './platform/db/migrate.ts';
import { openPostgres } from './platform/db/open-postgres.ts';
import { openSqlite } from './platform/db/open-sqlite.ts';
import { eventMigrations } from './platform/events/migrations/index.ts';
import { jobMigrations } from './platform/jobs/migrations/index.ts';
import { openJobs } from './platform/jobs/open-jobs.ts';
import { createLog, type Log } from './platform/log.ts';
import { webhookMigrations } from './platform/webhooks/migrations/index.ts';
import { projectMigrations } from './project/migrations/index.ts';

/** Parts that a test swaps: the clock and the log; everything else is real. */
export interface ContextOverrides {
  readonly clock?: Clock;
  readonly log?: Log;
}

/** config → an open, migrated database, blobs, durable jobs; disposed in reverse. */
export async function openContext(
  config: Config,
  stages: readonly Stage[],
  overrides: ContextOverrides = {},
): Promise<Context & AsyncDisposable> {
  const clock = overrides.clock ?? systemClock;
  const log = overrides.log ?? createLog(config.logLevel, 'server');
  if (config.database.kind === 'sqlite') refuseForeignFile(config.database.path);
  const db = openDatabase(config);
  try {
    if (db.dialect === 'postgres') await refuseForeignSchema(db.read as unknown as Kysely<never>);
    const applied = await migrate(db, allMigrations(stages), () => clock.now());
    if (applied.length > 0) log.info({ applied }, 'database migrated');
  } catch (error) {
    await db[Symbol.asyncDispose]();
    throw error;
  }
  const blobs = await openBlobs(config.blobs, clock, config.artifacts.defaultRoot);
  const jobs = openJobs({ db, clock, log });
  return {
    config,
    db,
    blobs,
    jobs,
    clock,
    log,
    async [Symbol.asyncDispose]() {
      await jobs[Symbol.asyncDispose]();
      await db[Symbol.asyncDispose]();
    },
  };
}

/** The whole schema: of the platform, of the stages, and of what stands above them. */
export function allMigrations(stages: readonly Stage[]): Migration[] {
  return [
    authMigrations,
    jobMigrations,
    eventMigrations,
    webhookMigrations,
    ...stages.map((stage) => stage.migrations),
    projectMigrations,
    importMigrations,
  ].flat();
}

function openDatabase(config: Config): Database<Tables> {
  return config.database.kind === 'sqlite'
    ? openSqlite<Tables>(config.database.path)
    : openPostgres<Tables>(config.database.url);
}
