import type { BlobStore } from '../platform/blobs/blob-store.ts';
import type { DatabaseConfig } from '../platform/config/config.ts';
import type { Migration } from '../platform/db/database.ts';
import { openTableSnapshot, type TableSnapshot } from '../platform/db/tables/table-snapshot.ts';
import { copyBlobs, refuseForeignBlobs } from './copy-blobs.ts';
import { copyTables } from './copy-tables.ts';
import { backupErrors } from './errors.ts';
import { digestTables, readMigrations } from './read-tables.ts';
import { BLOBS, type CopyReport, compareDigests, namesOfDifferent, type Progress, type ReportLine } from './report.ts';
import { isSame } from './set-digest.ts';

export interface Move {
  readonly from: { readonly database: DatabaseConfig; readonly blobs: BlobStore };
  /** Null: that part stays where it is. */
  readonly to: { readonly database: DatabaseConfig | null; readonly blobs: BlobStore | null };
  readonly migrations: readonly Migration[];
  readonly progress: Progress;
}

/**
 * Copies records and files to another place; nobody may write to the source meanwhile. Files first, then the records
 * in one piece: interrupted, it goes on when it is called again. A target that holds the very same is left alone.
 * @throws BACKUP_NOTHING, BACKUP_TARGET_NOT_EMPTY, BACKUP_TARGET_BLOBS, and what copyTables throws
 */
export async function migrateData({ from, to, migrations, progress }: Move): Promise<CopyReport> {
  await using source = await openRecords(from.database);
  const known = to.database === null ? [] : await compareWithTarget(source, to.database, progress);
  if (to.blobs !== null) await refuseForeignBlobs(from.blobs, to.blobs);
  const blobs = to.blobs === null ? null : await copyBlobs({ from: from.blobs, to: to.blobs, progress });
  const records = { ...source, migrations: await readMigrations(source) };
  const lines =
    known === null && to.database !== null
      ? await copyTables({ source: records, to: to.database }, { migrations, progress })
      : (known ?? []);
  const all: ReportLine[] = [
    ...lines,
    ...(blobs === null
      ? []
      : [{ what: BLOBS, source: blobs.source, target: blobs.target, equal: isSame(blobs.source, blobs.target) }]),
  ];
  const untouched = known !== null && (blobs?.written ?? 0) === 0;
  return { lines: all, equal: all.every(({ equal }) => equal), untouched };
}

/** @throws BACKUP_NOTHING */
export async function openRecords(database: DatabaseConfig): Promise<TableSnapshot> {
  const source = await openTableSnapshot(database);
  const place = placeOf(database);
  if (source === null) throw backupErrors.NOTHING({ place });
  if ((await readMigrations(source)).length > 0) return source;
  await source[Symbol.asyncDispose]();
  throw backupErrors.NOTHING({ place });
}

/** How a place is called without its password. */
export function placeOf(database: DatabaseConfig): string {
  if (database.kind === 'sqlite') return `the file ${database.path}`;
  const { host, pathname } = new URL(database.url);
  return `the database ${pathname.slice(1)} of ${host}`;
}

/** Null when it is empty. @throws BACKUP_TARGET_NOT_EMPTY when it is neither empty nor the same */
async function compareWithTarget(
  source: TableSnapshot,
  database: DatabaseConfig,
  progress: Progress,
): Promise<ReportLine[] | null> {
  await using target = await openTableSnapshot(database);
  if (target === null || !holdsRecords(target)) return null;
  const lines = compareDigests(await digestTables(source, progress), await digestTables(target, progress));
  if (namesOfDifferent(lines).length === 0) return lines;
  throw backupErrors.TARGET_NOT_EMPTY({ place: placeOf(database) });
}

/** A schema of PostgreSQL may hold tables of others; a file of SQLite may not. */
export function holdsRecords({ dialect, tables }: TableSnapshot): boolean {
  return dialect === 'sqlite' || tables.some(({ name }) => name === 'bucle_migrations');
}
