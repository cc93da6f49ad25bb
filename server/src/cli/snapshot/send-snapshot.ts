import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ApiError } from '@bucle/client';
import type { Io } from '../command.ts';
import { startProgress } from '../data/progress.ts';
import { withRetries } from '../retry.ts';
import { snapshotErrors } from './errors.ts';
import { totalSize } from './limits.ts';
import type { SnapshotFile } from './read-files.ts';

export interface SentSnapshot {
  /** Its id. */
  readonly id: string;
  /** Of the files that the server did not have. */
  readonly newFiles: number;
  readonly newBytes: number;
}

const HASHES_AT_ONCE = 5_000;
const UPLOADS_AT_ONCE = 4;
/** Larger files are streamed. */
const MEMORY_BYTES = 4 * 1024 * 1024;

/** Sends the contents that a server lacks, and commits the tree. `more`: stored too, but no part of the tree. */
export async function sendSnapshot(
  io: Io,
  files: readonly SnapshotFile[],
  more: readonly SnapshotFile[],
): Promise<SentSnapshot> {
  const lacking = await findLacking(io, [...files, ...more]);
  const progress = startProgress(io, 'sending', totalSize(lacking));
  try {
    const queue = lacking.values();
    const work = async () => {
      for (const file of queue) {
        progress.at(file.path);
        await upload(io, file);
        progress.add(file.size);
      }
    };
    await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, work));
  } finally {
    progress.end();
  }
  const tree = files.map(({ path, mode, sha256, size }) => ({ path, mode, sha256, size }));
  const { id } = await withRetries(io, () =>
    io.client.request<{ id: string }>('POST', '/api/v1/snapshots', { json: { files: tree }, signal: io.signal }),
  );
  return { id, newFiles: lacking.length, newBytes: totalSize(lacking) };
}

async function findLacking(io: Io, files: readonly SnapshotFile[]): Promise<SnapshotFile[]> {
  const byHash = new Map(files.map((file) => [file.sha256, file]));
  const hashes = [...byHash.keys()];
  const lacking: SnapshotFile[] = [];
  for (let from = 0; from < hashes.length; from += HASHES_AT_ONCE) {
    const json = { files: hashes.slice(from, from + HASHES_AT_ONCE) };
    const { missing } = await withRetries(io, () =>
      io.client.request<{ missing: string[] }>('POST', '/api/v1/snapshots/missing', { json, signal: io.signal }),
    );
    for (const hash of missing) {
      const file = byHash.get(hash);
      if (file) lacking.push(file);
    }
  }
  return lacking;
}

async function upload(io: Io, file: SnapshotFile): Promise<void> {
  const headers = { 'content-type': 'application/octet-stream' };
  try {
    await withRetries(io, async () => {
      const body = await openBody(file);
      await io.client.send('PUT', `/api/v1/snapshots/files/${file.sha256}`, { body, headers, signal: io.signal });
    });
  } catch (error) {
    const changed = error instanceof ApiError && error.code === 'TRAIN_HASH_MISMATCH';
    throw changed ? snapshotErrors.FILE_CHANGED({ path: file.path }, { cause: error }) : error;
  }
}

async function openBody({ source, size }: SnapshotFile): Promise<Uint8Array | ReadableStream<Uint8Array>> {
  if (typeof source !== 'string') return source;
  if (size <= MEMORY_BYTES) return readFile(source);
  return Readable.toWeb(createReadStream(source)) as ReadableStream<Uint8Array>;
}
