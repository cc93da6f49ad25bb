import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { OnProblem } from './source.ts';

const SMALL_BYTES = 32 * 1024 * 1024;

/** Never through a link. @throws what the file system says */
export function openPlain(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
}

/** UTF-8. @throws with a reason when it is larger than any of MLflow's own may be */
export async function readSmall(path: string): Promise<string> {
  await using file = await openPlain(path).catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === 'ENOENT' ? `it has no ${basename(path)}` : error.message, { cause: error });
  });
  const { size } = await file.stat();
  if (size > SMALL_BYTES) throw new Error(`it has ${size} bytes, and at most ${SMALL_BYTES} are read`);
  return file.readFile('utf8');
}

export async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null))?.isDirectory() ?? false;
}

export async function isFile(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null))?.isFile() ?? false;
}

/** Names of the folders in a folder, sorted; none when it is not there. */
export async function foldersIn(path: string, onProblem: OnProblem): Promise<string[]> {
  return (await entriesOf(path, onProblem)).filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** Paths of all files below a folder, with `/`: MLflow's keys may have folders in them. */
export async function filesBelow(path: string, onProblem: OnProblem): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await entriesOf(path, onProblem)) {
    if (entry.isFile()) found.push(entry.name);
    if (!entry.isDirectory()) continue;
    const below = await filesBelow(join(path, entry.name), onProblem);
    for (const file of below) found.push(`${entry.name}/${file}`);
  }
  return found;
}

/** A file for each key, whose content is the value. */
export async function pairsIn(path: string, onProblem: OnProblem): Promise<{ key: string; value: string }[]> {
  const pairs: { key: string; value: string }[] = [];
  for (const key of await filesBelow(path, onProblem)) {
    try {
      pairs.push({ key, value: await readSmall(join(path, key)) });
    } catch (error) {
      onProblem(join(path, key), (error as Error).message);
    }
  }
  return pairs;
}

async function entriesOf(path: string, onProblem: OnProblem) {
  if (!(await isFolder(path))) {
    if ((await lstat(path).catch(() => null))?.isSymbolicLink()) onProblem(path, LINK);
    return [];
  }
  const entries = await readdir(path, { withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile() && !entry.isDirectory()) onProblem(join(path, entry.name), LINK);
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const LINK = 'it is a link or no plain file, and those are not followed';
