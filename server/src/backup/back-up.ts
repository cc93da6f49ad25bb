import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { BlobStore } from '../platform/blobs/blob-store.ts';
import { diskBlobs } from '../platform/blobs/disk-blobs.ts';
import type { DatabaseConfig } from '../platform/config/config.ts';
import type { TableShape } from '../platform/db/tables/table-shape.ts';
import type { TableSnapshot } from '../platform/db/tables/table-snapshot.ts';
import { writeDurably } from '../platform/processes/durable-file.ts';
import { FORMAT, type Manifest, placesIn, writeLines } from './backup-folder.ts';
import { encodeRow } from './cells.ts';
import { type BlobLine, copyBlobs } from './copy-blobs.ts';
import { backupErrors } from './errors.ts';
import { openRecords } from './migrate-data.ts';
import { readMigrations } from './read-tables.ts';
import type { Progress } from './report.ts';
import { type Digest, isSame, startDigest } from './set-digest.ts';

export interface BackUp {
  readonly database: DatabaseConfig;
  readonly blobs: BlobStore;
  /** Made; it has its name once it is whole. */
  readonly folder: string;
  readonly now: number;
  readonly version: string;
  readonly progress: Progress;
}

/**
 * Copies everything while the server works: all tables as of one moment, then the files. So each file that a record
 * names is there, except for what was deleted for good while the files were copied.
 * @throws BACKUP_FOLDER_NOT_EMPTY, BACKUP_NOTHING
 */
export async function backUp({ database, blobs, folder, now, version, progress }: BackUp): Promise<Manifest> {
  if ((await readdir(folder).catch(() => [])).length > 0) throw backupErrors.FOLDER_NOT_EMPTY({ folder });
  await using source = await openRecords(database);
  const partial = `${folder}.partial`;
  const places = placesIn(partial);
  await rm(partial, { recursive: true, force: true });
  await mkdir(places.tables, { recursive: true, mode: 0o700 });
  const tables: (TableShape & Digest)[] = [];
  for (const table of source.tables) {
    tables.push({ ...table, ...(await writeTable(source, table, { path: places.table(table.name), progress })) });
  }
  const manifest: Manifest = {
    ...{ format: FORMAT, takenAt: now, version, dialect: source.dialect },
    migrations: await readMigrations(source),
    sequences: source.sequences,
    tables,
    blobs: await writeBlobs(blobs, { partial, progress }),
  };
  await syncFolder(places.tables);
  await writeDurably(places.manifest, `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(partial, folder);
  await syncFolder(dirname(folder));
  return manifest;
}

async function writeTable(
  source: TableSnapshot,
  table: TableShape,
  { path, progress }: { readonly path: string; readonly progress: Progress },
): Promise<Digest> {
  const digest = startDigest();
  async function* lines() {
    for await (const rows of source.rows(table)) {
      for (const row of rows) {
        const line = encodeRow(row);
        digest.add(line);
        yield line;
      }
      progress('rows', rows.length);
    }
  }
  await writeLines(path, lines());
  return digest.end();
}

async function writeBlobs(
  blobs: BlobStore,
  { partial, progress }: { readonly partial: string; readonly progress: Progress },
): Promise<Manifest['blobs']> {
  const places = placesIn(partial);
  const lines: BlobLine[] = [];
  const to = diskBlobs(places.blobs);
  const { source, target } = await copyBlobs({ from: blobs, to, progress, each: (line) => lines.push(line) });
  if (!isSame(source, target)) throw backupErrors.DIFFERENT({ list: ['files'] });
  async function* texts() {
    for (const line of lines) yield JSON.stringify(line);
  }
  await writeLines(places.blobList, texts());
  return { ...target, bytes: lines.reduce((sum, { size }) => sum + size, 0) };
}

async function syncFolder(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.sync();
}
