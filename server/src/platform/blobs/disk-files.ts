import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import type { PutOptions, StoredBlob } from './blob-store.ts';

/** Sockets bring 64 kB at a time; one call of the system per so many bytes keeps up with the disk. */
const BATCH_BYTES = 1 << 20;

/** Writes a new file, durable when `sync`; receiving goes on while the disk writes. */
export async function writeNew(
  path: string,
  body: Readable | Uint8Array,
  options: PutOptions & { readonly sync: boolean },
): Promise<StoredBlob> {
  await using file = await open(path, 'wx');
  const hash = options.hash === true ? createHash('sha256') : null;
  const size = await writeBatches(file, body instanceof Uint8Array ? [body] : body, (bytes) => hash?.update(bytes));
  if (options.sync) await file.datasync();
  return { size, sha256: hash?.digest('hex') ?? null };
}

async function writeBatches(
  file: FileHandle,
  body: Iterable<Uint8Array> | AsyncIterable<Uint8Array | string>,
  look: (bytes: Uint8Array) => void,
): Promise<number> {
  let size = 0;
  let batch: Uint8Array[] = [];
  let waiting = 0;
  let writing: Promise<void> = Promise.resolve();
  const flush = async () => {
    await writing;
    writing = writeAll(file, batch);
    // It is awaited above or below; a failure in between must not count as unhandled.
    writing.catch(() => {});
    batch = [];
    waiting = 0;
  };
  for await (const chunk of body) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    look(bytes);
    size += bytes.length;
    batch.push(bytes);
    waiting += bytes.length;
    if (waiting >= BATCH_BYTES) await flush();
  }
  if (waiting > 0) await flush();
  await writing;
  return size;
}

async function writeAll(file: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  const total = chunks.reduce((sum, { length }) => sum + length, 0);
  const { bytesWritten } = await file.writev(chunks);
  if (bytesWritten === total) return;
  // The system may take less than it was given, most often just before it says that the disk is full.
  const rest = Buffer.concat(chunks).subarray(bytesWritten);
  for (let offset = 0; offset < rest.length; ) offset += (await file.write(rest, offset)).bytesWritten;
}

/** A rename is durable only once its folder is, and a new folder once that which holds it is: up to `top`. */
export async function syncFolders(folder: string, top: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
  if (folder !== top && folder !== dirname(folder)) await syncFolders(dirname(folder), top);
}

/** Null for what is no plain file. */
export async function statFile(path: string): Promise<Stats | null> {
  const stats = await lstat(path).catch(absent);
  return stats?.isFile() ? stats : null;
}

export function absent(error: unknown): null {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENAMETOOLONG') return null;
  throw error;
}
