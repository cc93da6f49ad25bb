import { fileURLToPath } from 'node:url';
import type { BlobConfig } from '../config/config.ts';

/** Keys below this are artifacts that clients write by themselves, at the address that the rest of the key spells. */
export const ARTIFACT_ROOT = 'artifact-root';

/**
 * Key of what a folder or URI names, if a store could be made of it: `/srv/x` and `file:///srv/x` are
 * `artifact-root/file/srv/x`, `s3://b/x` is `artifact-root/s3/b/x`. Whether it can be read is another question: only the
 * artifact root that the server was started with is. Null for any other scheme, and for what climbs.
 */
export function artifactRootKey(uri: string): string | null {
  const place = pathOf(uri);
  if (place === null) return null;
  const parts = place.path.split('/').filter((part) => part !== '');
  if (parts.some((part) => part === '.' || part === '..' || part.includes('\0'))) return null;
  return [ARTIFACT_ROOT, place.scheme, ...parts].join('/');
}

/** The store that an artifact root needs; null when clients use the artifact proxy, or when there are no keys for it. */
export function artifactRootConfig(root: string, blobs: BlobConfig): BlobConfig | null {
  const place = pathOf(root);
  if (place?.scheme === 'file') return { kind: 'disk', path: place.path };
  if (place?.scheme !== 's3' || blobs.kind !== 's3') return null;
  const [bucket = '', ...folders] = place.path.split('/').filter((part) => part !== '');
  const { artifacts: _, ...keys } = blobs;
  return { ...keys, bucket, prefix: folders.map((folder) => `${folder}/`).join('') };
}

function pathOf(uri: string): { readonly scheme: 'file' | 's3'; readonly path: string } | null {
  if (uri.startsWith('/')) return { scheme: 'file', path: uri };
  if (/^s3:\/\/[^/?#]/i.test(uri)) return /[?#]/.test(uri) ? null : { scheme: 's3', path: uri.slice('s3://'.length) };
  if (!/^file:\//i.test(uri) || !URL.canParse(uri)) return null;
  const { host, search, hash, href } = new URL(uri);
  // The parser resolves what climbs: then it is another folder than its text says.
  const climbs = /(^|[/\\])\.{1,2}([/\\]|$)/.test(safeDecode(uri.slice('file:'.length)));
  if (host !== '' || search !== '' || hash !== '' || climbs || /%2f/i.test(uri)) return null;
  return { scheme: 'file', path: fileURLToPath(href) };
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
