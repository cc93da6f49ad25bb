import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hexId } from '../ids.ts';

/** Writes a small file so that a reader, also after a power cut, sees the old or the new content. */
export async function writeDurably(path: string, content: string, mode = 0o600): Promise<void> {
  const partial = await writePartial(path, content, mode);
  await rename(partial, path);
  await syncFolder(path);
}

/** Writes a small file whole, unless one is there: of many who try at once one gets `true`. */
export async function createDurably(path: string, content: string, mode = 0o600): Promise<boolean> {
  const partial = await writePartial(path, content, mode);
  try {
    await link(partial, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(partial, { force: true });
  }
  await syncFolder(path);
  return true;
}

/** A JSON file, or `null` when there is none or it is not whole. */
export async function readJson<T>(path: string): Promise<T | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch {
    return null;
  }
}

async function writePartial(path: string, content: string, mode: number): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}.${hexId().slice(0, 8)}.partial`;
  await using file = await open(partial, 'w', mode);
  await file.writeFile(content);
  await file.sync();
  return partial;
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(dirname(path), 'r');
  await folder.sync();
}
