import { join, resolve, sep } from 'node:path';
import type { Context } from '../../context.ts';
import type { DatasetVersion } from './dataset.ts';
import { cacheFile, placeFile } from './file-cache.ts';
import { loadManifest } from './manifest-blob.ts';

/**
 * Writes all files of a version below `folder`, as read-only hard links into this machine's cache.
 * Every byte was verified when it came into the cache. May be called again after a crash.
 */
export async function materialiseVersion(
  parts: Pick<Context, 'db' | 'blobs' | 'config'>,
  version: Pick<DatasetVersion, 'id'>,
  folder: string,
  signal?: AbortSignal,
): Promise<{ files: number; bytes: number }> {
  const { files } = await loadManifest(parts, version.id);
  let bytes = 0;
  for (const file of files) {
    signal?.throwIfAborted();
    const target = resolve(join(folder, file.path));
    // Manifests are checked when they are read; this is the second lock on the same door.
    if (!target.startsWith(resolve(folder) + sep)) throw new Error(`${file.path} leads out of ${folder}.`);
    await placeFile(await cacheFile(parts, file, signal), target);
    bytes += file.size;
  }
  return { files: files.length, bytes };
}
