import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes a small file so that a reader, also after a power cut, sees the old or the new content. */
export async function writeDurably(path: string, content: string, mode = 0o600): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}.partial`;
  {
    await using file = await open(partial, 'w', mode);
    await file.writeFile(content);
    await file.sync();
  }
  await rename(partial, path);
  await using folder = await open(dirname(path), 'r');
  await folder.sync();
}

/** A JSON file, or `null` when there is none or it is not whole. */
export async function readJson<T>(path: string): Promise<T | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch {
    return null;
  }
}
