import type { BlobStore } from '../platform/blobs/blob-store.ts';
import type { DatabaseConfig } from '../platform/config/config.ts';
import type { Migration } from '../platform/db/database.ts';
import { openTableSnapshot } from '../platform/db/tables/table-snapshot.ts';
import { type BackupFolder, openBackup } from './backup-folder.ts';
import { copyBlobs, groups, hashBlob, refuseForeignBlobs } from './copy-blobs.ts';
import { chooseMigrations, copyTables } from './copy-tables.ts';
import { backupErrors } from './errors.ts';
import { holdsRecords, placeOf } from './migrate-data.ts';
import { digestTables } from './read-tables.ts';
import { BLOBS, type CopyReport, compareDigests, type Progress, type ReportLine } from './report.ts';
import { isSame, startDigest } from './set-digest.ts';

/**
 * Reads a whole backup and compares it with its manifest.
 * @throws BACKUP_NOT_A_BACKUP, BACKUP_DAMAGED
 */
export async function verifyBackup(folder: string, progress: Progress): Promise<BackupFolder> {
  const backup = await openBackup(folder);
  const { manifest } = backup;
  const wrong: string[] = [];
  for (const table of manifest.tables) {
    const found = await digestTables({ ...backup, tables: [table] }, progress).catch(() => new Map());
    if (!isSame(found.get(table.name), table)) wrong.push(`the table ${table.name}`);
  }
  wrong.push(...(await verifyBlobs(backup, progress).catch(() => ['the list of files'])));
  if (wrong.length > 0) throw backupErrors.DAMAGED({ list: wrong.slice(0, 20) });
  return backup;
}

export interface Restore {
  readonly folder: string;
  readonly to: { readonly database: DatabaseConfig; readonly blobs: BlobStore };
  readonly migrations: readonly Migration[];
  readonly progress: Progress;
}

/**
 * Puts a backup, verified first, where nothing is: files, then all records in one piece. Interrupted, it goes on when
 * it is called again. @throws BACKUP_TARGET_NOT_EMPTY, BACKUP_TARGET_BLOBS, and what verifyBackup and copyTables throw
 */
export async function restoreBackup({ folder, to, migrations, progress }: Restore): Promise<CopyReport> {
  await refuseRecords(to.database);
  const backup = await verifyBackup(folder, progress);
  const { manifest } = backup;
  chooseMigrations(migrations, manifest.migrations);
  await refuseForeignBlobs(backup.blobs, to.blobs);
  const { target } = await copyBlobs({ from: backup.blobs, to: to.blobs, progress });
  const blobs: ReportLine = { what: BLOBS, source: manifest.blobs, target, equal: isSame(manifest.blobs, target) };
  if (!blobs.equal) throw backupErrors.DIFFERENT({ list: [BLOBS] });
  const source = { ...backup, sequences: manifest.sequences, migrations: manifest.migrations };
  const copied = await copyTables({ source, to: to.database }, { migrations, progress });
  // What was read while copying is compared with what was written when the backup was taken.
  const lines = compareDigests(
    new Map(manifest.tables.map((table) => [table.name, { count: table.count, sha256: table.sha256 }])),
    new Map(copied.flatMap(({ what, target: there }) => (there === null ? [] : [[what, there]]))),
  );
  const all = [...lines, blobs];
  return { lines: all, equal: all.every(({ equal }) => equal), untouched: false };
}

async function refuseRecords(database: DatabaseConfig): Promise<void> {
  await using target = await openTableSnapshot(database);
  if (target !== null && holdsRecords(target)) throw backupErrors.TARGET_NOT_EMPTY({ place: placeOf(database) });
}

async function verifyBlobs({ blobs, blobLines, manifest }: BackupFolder, progress: Progress): Promise<string[]> {
  const digest = startDigest();
  const wrong: string[] = [];
  for await (const group of groups(blobLines())) {
    for (const line of group) digest.add(JSON.stringify(line));
    const found = await Promise.all(group.map(async (line) => ({ line, own: await hashBlob(blobs, line.key) })));
    for (const { line, own } of found) if (own?.sha256 !== line.sha256) wrong.push(`the file ${line.key}`);
    progress('files compared', group.length);
  }
  if (!isSame(digest.end(), manifest.blobs)) wrong.push('the list of files');
  return wrong;
}
