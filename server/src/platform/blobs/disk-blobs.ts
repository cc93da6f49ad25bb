import { constants, type Dirent, type Stats } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { Readable } from 'node:stream';
import { type Clock, systemClock } from '../clock.ts';
import { uuidv7 } from '../ids.ts';
import { type BlobInfo, type BlobStore, type ByteRange, blobErrors, checkKey, type ListedEntry } from './blob-store.ts';
import { absent, statFile, syncFolders, writeNew } from './disk-files.ts';
import { diskParts } from './disk-parts.ts';

/** Uploads in flight; a name that no key can have, since keys of callers never begin with it. */
const PARTIAL = '.partial';

/** An upload that got no byte for so long was cut off with its process. */
const ABANDONED_MS = 24 * 3_600_000;
const SWEEP_EVERY_MS = 3_600_000;

/** What streams from disk to a socket at a time. */
const READ_BYTES = 512 << 10;

/** Removes what uploads left that a crash cut off, or that nobody finished. */
export async function sweepPartials(root: string, now: number): Promise<void> {
  const folder = join(root, PARTIAL);
  for (const name of (await readdir(folder).catch(absent)) ?? []) {
    const path = join(folder, name);
    const stats = await lstat(path).catch(absent);
    // The time of a folder is that of its last new file: of the last part.
    if (stats && now - stats.mtimeMs > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
}

/** Blobs as plain files below `root`, laid out as their keys say. Symbolic links are never followed. */
export function diskBlobs(root: string, clock: Clock = systemClock): BlobStore {
  let sweptAt = clock.now();
  const pathOf = (key: string): string => {
    if (key.split('/', 1)[0] === PARTIAL) throw blobErrors.INVALID_KEY({ key });
    return join(root, checkKey(key));
  };
  const locate = async (key: string): Promise<string> => {
    const path = pathOf(key);
    await refuseLinks(root, dirname(path), key);
    return path;
  };
  const locateFolder = async (prefix: string): Promise<string> => {
    if (prefix === '') return root;
    const path = pathOf(prefix);
    await refuseLinks(root, path, prefix);
    return path;
  };
  const publish = async (file: string, key: string): Promise<void> => {
    const path = await locate(key);
    const made = await mkdir(dirname(path), { recursive: true });
    await rename(file, path);
    await syncFolders(dirname(path), made === undefined ? dirname(path) : dirname(made));
  };
  return {
    async put(key, body, options = {}) {
      await locate(key);
      const partial = join(root, PARTIAL, uuidv7());
      try {
        await mkdir(join(root, PARTIAL), { recursive: true });
        const stored = await writeNew(partial, body, { ...options, sync: true });
        await publish(partial, key);
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
      const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(absent);
      if (!file) return null;
      const stats = await file.stat();
      if (!stats.isFile()) {
        await file.close();
        return null;
      }
      return { info: toInfo(key, stats), body: await openStream(file, range ?? { start: 0, end: stats.size - 1 }) };
    },
    async list(prefix) {
      const folder = await locateFolder(prefix);
      const entries = await readPlainFolder(folder);
      const listed = await Promise.all(entries.map((entry) => toEntry(folder, entry)));
      return listed.sort((a, b) => compare(a.name, b.name));
    },
    async *walk(prefix) {
      yield* walkFolder(await locateFolder(prefix), prefix);
    },
    async delete(key) {
      await rm(await locate(key), { recursive: true, force: true });
    },
    parts: diskParts({
      folder: join(root, PARTIAL),
      publish,
      async sweep() {
        if (clock.now() - sweptAt < SWEEP_EVERY_MS) return;
        sweptAt = clock.now();
        await sweepPartials(root, sweptAt);
      },
      translate,
    }),
    urls: () => null,
  };
}

/** Says where it ends, so that a small file is one read and takes no more room than it has. */
async function openStream(file: FileHandle, { start, end }: ByteRange): Promise<Readable> {
  if (end >= start) return file.createReadStream({ start, end, highWaterMark: Math.min(READ_BYTES, end - start + 1) });
  await file.close();
  return Readable.from([]);
}

async function* walkFolder(folder: string, prefix: string): AsyncGenerator<BlobInfo> {
  const entries = await readPlainFolder(folder);
  for (const entry of entries.sort((a, b) => compare(a.name, b.name))) {
    const key = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walkFolder(path, key);
    else {
      const stats = await statFile(path);
      if (stats) yield toInfo(key, stats);
    }
  }
}

async function readPlainFolder(folder: string): Promise<Dirent[]> {
  const entries = (await readdir(folder, { withFileTypes: true }).catch(absent)) ?? [];
  return entries.filter((entry) => entry.name !== PARTIAL && (entry.isFile() || entry.isDirectory()));
}

async function toEntry(folder: string, entry: Dirent): Promise<ListedEntry> {
  if (entry.isDirectory()) return { name: entry.name, isDirectory: true, size: 0 };
  const stats = await statFile(join(folder, entry.name));
  return { name: entry.name, isDirectory: false, size: stats?.size ?? 0 };
}

/** A link at `folder` or anywhere between it and the root could point outside: then there is no such key. */
async function refuseLinks(root: string, folder: string, key: string): Promise<void> {
  let parent = folder;
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
