import { createHash } from 'node:crypto';
import { constants, type Dirent, type Stats } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { uuidv7 } from '../ids.ts';
import { type BlobInfo, type BlobStore, blobErrors, checkKey, type ListedEntry } from './blob-store.ts';

/** Uploads in flight; a name that no key can have, since keys of callers never begin with it. */
const PARTIAL = '.partial';

/** An upload that got no byte for so long was cut off with its process. */
const ABANDONED_MS = 24 * 3_600_000;

/** Removes what uploads left that a crash cut off. */
export async function sweepPartials(root: string, now: number): Promise<void> {
  const folder = join(root, PARTIAL);
  for (const name of (await readdir(folder).catch(absent)) ?? []) {
    const path = join(folder, name);
    const stats = await statFile(path);
    if (stats && now - stats.mtimeMs > ABANDONED_MS) await rm(path, { force: true });
  }
}

/** Blobs as plain files below `root`, laid out as their keys say. Symbolic links are never followed. */
export function diskBlobs(root: string): BlobStore {
  const locate = async (key: string): Promise<string> => {
    const path = join(root, checkKey(key));
    await refuseLinks(root, path, key);
    return path;
  };
  return {
    async put(key, body) {
      const path = await locate(key);
      await mkdir(join(root, PARTIAL), { recursive: true });
      const partial = join(root, PARTIAL, uuidv7());
      try {
        const stored = await writeFile(partial, body);
        const made = await mkdir(dirname(path), { recursive: true });
        await rename(partial, path);
        await syncFolders(dirname(path), made === undefined ? dirname(path) : dirname(made));
        return stored;
      } catch (error) {
        await rm(partial, { force: true });
        throw translate(error, key);
      }
    },
    async head(key) {
      const stats = await statFile(await locate(key));
      return stats && toInfo(key, stats);
    },
    async get(key, range) {
      const path = await locate(key);
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(absent);
      if (!file) return null;
      const stats = await file.stat();
      if (!stats.isFile()) {
        await file.close();
        return null;
      }
      const body = file.createReadStream(range === undefined ? {} : { start: range.start, end: range.end });
      return { info: toInfo(key, stats), body };
    },
    async list(prefix) {
      const folder = prefix === '' ? root : await locate(prefix);
      const entries = await readdir(folder, { withFileTypes: true }).catch(absent);
      const listed = await Promise.all((entries ?? []).filter(isListed).map((entry) => toEntry(folder, entry)));
      return listed.sort((a, b) => compare(a.name, b.name));
    },
    async *walk(prefix) {
      yield* walkFolder(prefix === '' ? root : await locate(prefix), prefix);
    },
    async delete(key) {
      await rm(await locate(key), { recursive: true, force: true });
    },
  };
}

async function writeFile(path: string, body: Readable | Uint8Array): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256');
  let size = 0;
  await using file = await open(path, 'wx');
  for await (const chunk of body instanceof Uint8Array ? [body] : body) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
    hash.update(bytes);
    size += bytes.length;
    await writeAll(file, bytes);
  }
  await file.sync();
  return { size, sha256: hash.digest('hex') };
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, offset);
    offset += bytesWritten;
  }
}

/** A rename is durable only once its folder is, and a new folder once that which holds it is: up to `top`. */
async function syncFolders(folder: string, top: string): Promise<void> {
  await syncFolder(folder);
  if (folder !== top && folder !== dirname(folder)) await syncFolders(dirname(folder), top);
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}

async function* walkFolder(folder: string, prefix: string): AsyncGenerator<BlobInfo> {
  const entries = (await readdir(folder, { withFileTypes: true }).catch(absent)) ?? [];
  for (const entry of entries.filter(isListed).sort((a, b) => compare(a.name, b.name))) {
    const key = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walkFolder(path, key);
    else {
      const stats = await statFile(path);
      if (stats) yield toInfo(key, stats);
    }
  }
}

function isListed(entry: Dirent): boolean {
  return entry.name !== PARTIAL && (entry.isFile() || entry.isDirectory());
}

async function toEntry(folder: string, entry: Dirent): Promise<ListedEntry> {
  if (entry.isDirectory()) return { name: entry.name, isDirectory: true, size: 0 };
  const stats = await statFile(join(folder, entry.name));
  return { name: entry.name, isDirectory: false, size: stats?.size ?? 0 };
}

async function statFile(path: string): Promise<Stats | null> {
  const stats = await lstat(path).catch(absent);
  return stats?.isFile() ? stats : null;
}

/** A link anywhere between root and file could point outside: then there is no such key. */
async function refuseLinks(root: string, path: string, key: string): Promise<void> {
  let parent = dirname(path);
  while (parent.startsWith(root + sep)) {
    const real = await realpath(parent).catch(absent);
    if (real !== null) {
      const realRoot = await realpath(root);
      if (real !== realRoot + parent.slice(root.length)) throw blobErrors.INVALID_KEY({ key });
      return;
    }
    parent = dirname(parent);
  }
}

function toInfo(key: string, stats: Stats): BlobInfo {
  const etag = `${stats.ino.toString(36)}-${stats.size.toString(36)}-${Math.round(stats.mtimeMs * 1000).toString(36)}`;
  return { key, size: stats.size, etag, modifiedAt: Math.round(stats.mtimeMs) };
}

function absent(error: unknown): null {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return null;
  throw error;
}

function translate(error: unknown, key: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return blobErrors.NO_SPACE({}, { cause: error });
  if (code === 'EISDIR' || code === 'ENOTDIR' || code === 'ENOTEMPTY' || code === 'EEXIST') {
    return blobErrors.INVALID_KEY({ key }, { cause: error });
  }
  return error;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
