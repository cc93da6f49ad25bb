import { createReadStream } from 'node:fs';
import { lstat, readdir, realpath } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BlobStore } from '../../platform/blobs/blob-store.ts';
import type { ArtifactFile, ArtifactFolder, OnProblem, SourceOptions } from './source.ts';

/** Reads the files at an artifact address; a text says why it can't. */
export type OpenArtifacts = (uri: string) => Promise<ArtifactFolder | string>;

/**
 * Addresses come from the source, which nobody vouches for: a folder is read only when it lies in one that the caller
 * allowed, and no link is followed.
 */
export function openArtifacts(options: SourceOptions): OpenArtifacts {
  const { artifactRoots, artifactsDestination: destination, env, onProblem } = options;
  return async (uri) => {
    const path = localPath(uri);
    if (path !== null) return openFolder(path, artifactRoots, onProblem);
    if (/^s3:\/\//i.test(uri)) return openS3(uri, env);
    const proxied = /^mlflow-artifacts:(?:\/\/[^/]*)?\/*([^?#]*)$/.exec(uri)?.[1];
    if (proxied === undefined) return `Bucle does not read ${uri.split(':')[0]}: addresses`;
    if (destination === null) return 'its server kept it: name where, with --artifacts-destination DIR';
    if (/^s3:\/\//i.test(destination)) return openS3(`${destination.replace(/\/+$/, '')}/${proxied}`, env);
    return openFolder(join(destination, proxied), [...artifactRoots, destination], onProblem);
  };
}

/** `file:` or a bare path → absolute; null for other schemes. */
export function localPath(uri: string): string | null {
  if (/^file:\/\/(localhost)?\//i.test(uri)) return fileURLToPath(uri.replace(/^file:\/\/localhost/i, 'file://'));
  if (/^file:/i.test(uri)) return resolve(uri.slice('file:'.length));
  return /^[a-z][a-z0-9+.-]*:/i.test(uri) ? null : resolve(uri);
}

/** @param roots absolute folders that may be read */
export async function openFolder(
  path: string,
  roots: readonly string[],
  onProblem: OnProblem,
): Promise<ArtifactFolder | string> {
  const real = await realpath(path).catch(() => null);
  // A run without artifacts has no folder.
  if (real === null) return isInside(path, roots) ? { files: async function* () {} } : outside(path);
  const allowed = await Promise.all(roots.map((root) => realpath(root).catch(() => root)));
  return isInside(real, allowed) ? { files: () => walkFolder(real, real, onProblem) } : outside(path);
}

async function* walkFolder(root: string, folder: string, onProblem: OnProblem): AsyncGenerator<ArtifactFile> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walkFolder(root, path, onProblem);
    else if (!entry.isFile())
      onProblem(`artifact ${path}`, 'it is a link or no plain file, and those are not followed');
    if (!entry.isFile()) continue;
    const { size, mtimeMs } = await lstat(path);
    yield {
      ...{ path: relative(root, path).split(sep).join('/'), size, stamp: `${size}-${mtimeMs}` },
      open: async () => createReadStream(path, { flags: 'r' }),
    };
  }
}

async function openS3(uri: string, env: SourceOptions['env']): Promise<ArtifactFolder | string> {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/*([^?#]*)$/i.exec(uri) ?? [];
  const accessKeyId = env['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'];
  if (!accessKeyId || !secretAccessKey) return 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set';
  const { s3Blobs } = await import('../../platform/blobs/s3-blobs.ts');
  const blobs: BlobStore = s3Blobs({
    ...{ kind: 's3', bucket, prefix: '', accessKeyId, secretAccessKey },
    region: env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1',
    endpoint: env['MLFLOW_S3_ENDPOINT_URL'] ?? env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'] ?? null,
  });
  return { files: () => walkS3(blobs, prefix.replace(/\/+$/, '')) };
}

async function* walkS3(blobs: BlobStore, prefix: string): AsyncGenerator<ArtifactFile> {
  for await (const { key, size, etag } of blobs.walk(prefix)) {
    yield {
      ...{ path: key.slice(prefix.length + 1), size, stamp: `${size}-${etag}` },
      async open() {
        const found = await blobs.get(key);
        if (!found) throw new Error(`${key} went away while it was read`);
        return found.body;
      },
    };
  }
}

function isInside(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path === root || path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`));
}

function outside(path: string): string {
  return `${path} is not in a folder that was named: add --artifact-root DIR`;
}
