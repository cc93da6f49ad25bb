import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { type Chunk, chunkFile, MAX_CHUNK, type ManifestFile } from '@bucle/client/chunks';
import { dataCliErrors } from './errors.ts';
import { nodeHashing } from './node-hashing.ts';
import type { LocalFile } from './walk-files.ts';

const PIECE = 1024 * 1024;
/** A pipe that took the place of a file must not stop everything. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/** Cuts one file into chunks in constant memory. @throws CLI_UNREADABLE, CLI_CHANGED when somebody writes it meanwhile */
export async function readLocalFile(file: LocalFile, onChunk: (chunk: Chunk) => Promise<void>): Promise<ManifestFile> {
  const { path, absolute } = file;
  if (file.size >= MAX_CHUNK) return readLarge(file, onChunk);
  const bytes = readSmall(absolute);
  if (bytes.length >= MAX_CHUNK) return readLarge(file, onChunk);
  const sha256 = await nodeHashing.digest(bytes);
  if (bytes.length > 0) await onChunk({ hash: sha256, bytes });
  return { path, size: bytes.length, sha256, chunks: bytes.length === 0 ? [] : [[sha256, bytes.length]] };
}

// Blocking on purpose: for the many small files of a folder, waiting costs more than reading.
function readSmall(absolute: string): Uint8Array {
  const file = unlessUnreadable(absolute, () => openSync(absolute, FLAGS));
  try {
    const before = fstatSync(file, { bigint: true });
    const buffer = Buffer.alloc(Math.min(Number(before.size), MAX_CHUNK) + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = readSync(file, buffer, length, buffer.length - length, length);
    }
    if (length < MAX_CHUNK) checkUnchanged(absolute, length, before, fstatSync(file, { bigint: true }));
    return buffer.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

async function readLarge(
  { path, absolute }: LocalFile,
  onChunk: (chunk: Chunk) => Promise<void>,
): Promise<ManifestFile> {
  await using file = await open(absolute, FLAGS).catch((cause: Error) => {
    throw dataCliErrors.UNREADABLE({ path: absolute, reason: cause.message }, { cause });
  });
  const before = await file.stat({ bigint: true });
  const buffer = Buffer.alloc(PIECE);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, PIECE, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  }
  const entry = await chunkFile(path, pieces(), nodeHashing, onChunk);
  checkUnchanged(absolute, entry.size, before, await file.stat({ bigint: true }));
  return entry;
}

function checkUnchanged(path: string, read: number, before: BigIntStats, after: BigIntStats): void {
  if (BigInt(read) !== before.size || stamp(before) !== stamp(after)) throw dataCliErrors.CHANGED({ path });
}

function stamp({ size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${size} ${mtimeNs} ${ctimeNs}`;
}

function unlessUnreadable<T>(path: string, task: () => T): T {
  try {
    return task();
  } catch (cause) {
    throw dataCliErrors.UNREADABLE({ path, reason: (cause as Error).message }, { cause });
  }
}
