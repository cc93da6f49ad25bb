import { hash } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, copyFile, link, mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ManifestFile } from '@bucle/client/chunks';
import type { Context } from '../../context.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { readFileChunks } from './read-chunks.ts';

type Parts = Pick<Context, 'db' | 'blobs' | 'config'>;

/** Bytes. Smaller files are hashed again when they are used, which costs less than syncing each of many. */
const SMALL = 256 * 1024;

/** Every cached file carries this time: one that was written to since, through some link, has another. */
const SEALED_AT = new Date(Date.UTC(2001, 0, 1));

/** The absolute path of a verified, read-only copy of a file of a dataset version; made once per content. */
export async function cacheFile(parts: Parts, file: ManifestFile, signal?: AbortSignal): Promise<string> {
  const path = join(parts.config.dataDir, 'cache', 'files', file.sha256.slice(0, 2), file.sha256);
  if (await isSealed(path, file)) return path;
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${uuidv7()}.partial`;
  try {
    await using handle = await open(partial, 'wx');
    for await (const bytes of readFileChunks(parts, file)) {
      signal?.throwIfAborted();
      await handle.appendFile(bytes);
    }
    if (file.size > SMALL) await handle.sync();
    await chmod(partial, 0o444);
    await utimes(partial, SEALED_AT, SEALED_AT);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  return path;
}

/** Puts a cached file somewhere else: a hard link where that is possible, else a copy. Replaces what is there. */
export async function placeFile(cached: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const temporary = `${target}.${uuidv7()}.partial`;
  try {
    await link(cached, temporary).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EXDEV' && error.code !== 'EPERM' && error.code !== 'EMLINK') throw error;
      return copyFile(cached, temporary, constants.COPYFILE_FICLONE);
    });
    await rename(temporary, target);
  } finally {
    // Renaming one link of a file onto another does nothing, and leaves both.
    await rm(temporary, { force: true });
  }
}

async function isSealed(path: string, { size, sha256 }: ManifestFile): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (found === null || found.size !== size || found.mtimeMs !== SEALED_AT.getTime()) return false;
  return size > SMALL || hash('sha256', await readFile(path)) === sha256;
}
