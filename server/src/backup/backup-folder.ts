import { createReadStream, createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { BlobStore } from '../platform/blobs/blob-store.ts';
import { diskBlobs } from '../platform/blobs/disk-blobs.ts';
import type { Sequences } from '../platform/db/tables/sequences.ts';
import type { TableShape, Value } from '../platform/db/tables/table-shape.ts';
import { decodeRow } from './cells.ts';
import type { BlobLine } from './copy-blobs.ts';
import { backupErrors } from './errors.ts';
import type { TableSource } from './read-tables.ts';
import type { Digest } from './set-digest.ts';

export const FORMAT = 'bucle.backup.v1';

/** What a backup says of itself; written last. */
export interface Manifest {
  readonly format: typeof FORMAT;
  /** Milliseconds since the epoch: all tables are as they were then. */
  readonly takenAt: number;
  readonly version: string;
  readonly dialect: string;
  readonly migrations: readonly string[];
  readonly sequences: Sequences;
  readonly tables: readonly (TableShape & Digest)[];
  /** Of the lines of blobs.jsonl.gz. */
  readonly blobs: Digest & { readonly bytes: number };
}

export interface BackupFolder extends TableSource {
  readonly manifest: Manifest;
  readonly blobs: BlobStore;
  blobLines(): AsyncIterable<BlobLine>;
}

/** Where things lie in a backup. */
export const placesIn = (folder: string) => ({
  manifest: join(folder, 'manifest.json'),
  tables: join(folder, 'tables'),
  table: (name: string) => join(folder, 'tables', `${name}.jsonl.gz`),
  blobs: join(folder, 'blobs'),
  blobList: join(folder, 'blobs.jsonl.gz'),
});

/** @throws BACKUP_NOT_A_BACKUP */
export async function openBackup(folder: string): Promise<BackupFolder> {
  const places = placesIn(folder);
  const manifest = await readManifest(folder);
  return {
    manifest,
    tables: manifest.tables,
    blobs: diskBlobs(places.blobs),
    rows: ({ name }) => readRows(places.table(name)),
    async *blobLines() {
      for await (const line of readLines(places.blobList)) yield JSON.parse(line) as BlobLine;
    },
  };
}

/** Durable once it resolves. */
export async function writeLines(path: string, lines: AsyncIterable<string>): Promise<void> {
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true });
  await pipeline(Readable.from(withBreaks(lines)), createGzip({ level: 3 }), file);
}

async function* withBreaks(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

const ROWS_AT_ONCE = 1_000;

async function* readRows(path: string): AsyncGenerator<Value[][]> {
  let batch: Value[][] = [];
  for await (const line of readLines(path)) {
    batch.push(decodeRow(line));
    if (batch.length < ROWS_AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** A file that was cut off or changed throws on the way. */
async function* readLines(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  const text = createGunzip();
  file.once('error', (error) => text.destroy(error));
  let rest = '';
  file.pipe(text).setEncoding('utf8');
  for await (const chunk of text as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

async function readManifest(folder: string): Promise<Manifest> {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(await readFile(placesIn(folder).manifest, 'utf8')) as Manifest;
  } catch (cause) {
    throw backupErrors.NOT_A_BACKUP({ folder, reason: 'it has no manifest.json that can be read' }, { cause });
  }
  if (manifest.format === FORMAT) return manifest;
  throw backupErrors.NOT_A_BACKUP({ folder, reason: `its format is not ${FORMAT}` });
}
