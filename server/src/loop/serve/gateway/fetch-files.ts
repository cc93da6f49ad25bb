import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { checkKey } from '../../../platform/blobs/blob-store.ts';
import { failpoint } from '../../../platform/config/failpoint.ts';
import type { RemoteFile } from '../../deploy/index.ts';
import { serveErrors } from '../errors.ts';
import type { ControlServer } from './control-server.ts';

export interface FetchParts {
  readonly server: ControlServer;
  readonly signal: AbortSignal;
}

/** Downloads of this process by their place, so that two deployments of one model share them. */
const running = new Map<string, Promise<void>>();

/**
 * Brings the files into the folder. One that is there and whole is kept, whoever fetched it: the hash is
 * computed each time, so that this may be repeated after a crash anywhere, and repairs what a disk lost.
 * @throws ApiError, SERVE_FILE_DIFFERS, BLOB_INVALID_KEY
 */
export async function fetchFiles(parts: FetchParts, folder: string, files: readonly RemoteFile[]): Promise<void> {
  for (const file of files) await fetchFile(parts, join(folder, checkKey(file.path)), file);
}

export async function fetchFile(
  parts: FetchParts,
  target: string,
  file: Pick<RemoteFile, 'sha256' | 'url'> & { readonly path: string; readonly size: number | null },
): Promise<void> {
  const other = running.get(target);
  // Who downloads it may be cancelled; that is no reason for those who wait.
  if (other !== undefined) await other.catch(() => {});
  parts.signal.throwIfAborted();
  if (await isWhole(target, file)) return;
  const work = running.get(target) ?? download(parts, target, file).finally(() => running.delete(target));
  running.set(target, work);
  await work;
}

async function isWhole(
  path: string,
  { size, sha256 }: { readonly size: number | null; readonly sha256: string },
): Promise<boolean> {
  const info = await stat(path).catch(() => null);
  if (!info?.isFile() || (size !== null && info.size !== size)) return false;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex') === sha256;
}

async function download(
  { server, signal }: FetchParts,
  target: string,
  { path, url, sha256 }: Pick<RemoteFile, 'path' | 'url' | 'sha256'>,
): Promise<void> {
  const body = await openRemote(server, url, signal);
  await mkdir(dirname(target), { recursive: true });
  const partial = `${target}.partial`;
  const hash = createHash('sha256');
  {
    await using file = await open(partial, 'w');
    await file.writeFile(hashing(body, hash), { signal });
    await file.sync();
  }
  if (hash.digest('hex') !== sha256) throw serveErrors.FILE_DIFFERS({ path });
  failpoint('gateway:file');
  await rename(partial, target);
  await using folder = await open(dirname(target), 'r');
  await folder.sync();
}

async function* hashing(body: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      hash.update(chunk);
      yield chunk;
    }
  } catch (error) {
    throw serveErrors.FETCH_INTERRUPTED({ reason: (error as Error).message }, { cause: error });
  }
}

async function openRemote(server: ControlServer, url: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  const absolute = /^https?:\/\//.test(url);
  // A token of ours goes to the control server only.
  const answer = absolute ? await fetch(url, { signal }) : await server.send('GET', url, { signal });
  if (!answer.ok || !answer.body)
    throw new Error(`${new URL(url, 'http://server').pathname} answers ${answer.status}.`);
  return answer.body;
}
