import { hash } from 'node:crypto';
import { canonicalManifest, type Manifest, parseManifest } from '@bucle/client/chunks';
import type { Context } from '../../context.ts';
import { dataErrors } from './errors.ts';

/** Bytes; about 50 GB of large files, or 250,000 small ones. */
export const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

/** Stores a manifest under its id, which it answers. */
export async function storeManifest({ blobs }: Pick<Context, 'blobs'>, manifest: Manifest): Promise<string> {
  const bytes = Buffer.from(canonicalManifest(manifest));
  const id = hash('sha256', bytes);
  if ((await blobs.head(manifestKey(id))) === null) await blobs.put(manifestKey(id), bytes);
  return id;
}

/** The manifest of a version, verified. @throws DATA_DAMAGED */
export async function loadManifest({ blobs }: Pick<Context, 'blobs'>, id: string): Promise<Manifest> {
  const blob = await blobs.get(manifestKey(id));
  const pieces: Uint8Array[] = [];
  for await (const piece of blob?.body ?? []) pieces.push(piece as Uint8Array);
  const bytes = Buffer.concat(pieces);
  if (hash('sha256', bytes) !== id) throw dataErrors.DAMAGED({ what: `manifest ${id}` });
  return parseManifest(JSON.parse(bytes.toString('utf8')));
}

function manifestKey(id: string): string {
  return `manifests/${id.slice(0, 2)}/${id}.json`;
}
