import { createHash, hash as digest } from 'node:crypto';
import { type FileHandle, lstat, mkdir, open, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ChunkRef, ManifestFile } from '@bucle/client/chunks';
import { dataCliErrors } from './errors.ts';
import { PARTIAL_FOLDER } from './survey-target.ts';

/** A file on its way: some of its chunks may be on disk since an earlier pull. */
export interface PartialFile {
  readonly file: ManifestFile;
  readonly path: string;
  /** So many of its chunks are on disk, and verified. */
  readonly chunks: number;
}

/** Finds what an earlier pull left of these files; anything that is not the beginning of one is thrown away later. */
export async function findPartials(target: string, files: readonly ManifestFile[]): Promise<PartialFile[]> {
  const folder = join(target, PARTIAL_FOLDER);
  await mkdir(folder, { recursive: true });
  const left = new Set(await readdir(folder));
  const partials: PartialFile[] = [];
  for (const file of files) {
    const path = join(folder, file.sha256);
    // Of files with the same content only one can go on with what is there.
    const chunks = left.delete(file.sha256) ? await countSound(path, file.chunks) : 0;
    partials.push({ file, path, chunks });
  }
  return partials;
}

async function countSound(path: string, chunks: readonly ChunkRef[]): Promise<number> {
  await using left = await open(path, 'r');
  let at = 0;
  for (const [index, [hash, length]] of chunks.entries()) {
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await left.read(bytes, 0, length, at);
    if (bytesRead !== length || digest('sha256', bytes) !== hash) return index;
    at += length;
  }
  return chunks.length;
}

/**
 * Takes the chunks that are still lacking from `next`, verifies the whole file, and only then gives it its name.
 * @throws CLI_DAMAGED, CLI_TARGET_TAKEN
 */
export async function writeFile(
  target: string,
  partial: PartialFile,
  next: () => Promise<Uint8Array>,
  ref: string,
): Promise<void> {
  const { file, path } = partial;
  if ((await fillFile(partial, next)) !== file.sha256) throw dataCliErrors.DAMAGED({ what: file.path });
  const final = join(target, file.path);
  await mkdir(dirname(final), { recursive: true });
  // Two names that differ only in case are one file on some disks.
  if (await lstat(final).catch(() => null)) {
    throw dataCliErrors.TARGET_TAKEN({ path: final, reason: 'it came into being meanwhile.', ref });
  }
  await rename(path, final);
}

/** Answers the SHA-256 of all of it. */
async function fillFile({ file, path, chunks }: PartialFile, next: () => Promise<Uint8Array>): Promise<string> {
  const kept = file.chunks.slice(0, chunks).reduce((sum, [, length]) => sum + length, 0);
  await using handle = await open(path, kept === 0 ? 'w' : 'r+');
  const whole = createHash('sha256');
  if (kept > 0) await rehash(handle, kept, (bytes) => whole.update(bytes));
  let at = kept;
  for (let index = chunks; index < file.chunks.length; index += 1) {
    const bytes = await next();
    whole.update(bytes);
    await writeAll(handle, bytes, at);
    at += bytes.length;
  }
  return whole.digest('hex');
}

async function rehash(handle: FileHandle, length: number, take: (bytes: Uint8Array) => void): Promise<void> {
  await handle.truncate(length);
  const buffer = Buffer.alloc(Math.min(length, 1024 * 1024));
  for (let at = 0; at < length; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, length - at), at);
    // Somebody cut it meanwhile; the hash at the end says so.
    if (bytesRead === 0) return;
    take(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
