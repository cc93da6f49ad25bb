import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { BlobStore } from '../../../platform/blobs/blob-store.ts';
import type { StoredFile } from '../deployment.ts';

/** Where files that this stage made lie, by their content. */
export function fileKey(sha256: string): string {
  return `deploy/files/${sha256.slice(0, 2)}/${sha256}`;
}

/** Stores a local file under the hash of its content; one that is there stays. */
export async function storeFile(blobs: BlobStore, local: string, path: string): Promise<StoredFile> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(local), hash);
  const sha256 = hash.digest('hex');
  const { size } = await stat(local);
  const key = fileKey(sha256);
  if ((await blobs.head(key))?.size !== size) {
    const stored = await blobs.put(key, createReadStream(local), { hash: true });
    if (stored.sha256 !== sha256) throw new Error(`${local} changed while it was stored.`);
  }
  return { path, size, sha256 };
}
