import { createWriteStream } from 'node:fs';
import { chmod, mkdir, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Context } from '../../../context.ts';
import { trainErrors } from '../errors.ts';
import { checkTree, type SnapshotFile } from '../snapshot.ts';
import { loadTree, openFile } from '../store-snapshot.ts';

const AT_ONCE = 16;

/** Writes the tree of a snapshot into a fresh folder. */
export async function checkoutSnapshot(
  parts: Pick<Context, 'blobs'>,
  id: string,
  folder: string,
  signal: AbortSignal,
): Promise<SnapshotFile[]> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const files = checkTree(await loadTree(parts, id));
  for (const path of new Set(files.map((file) => dirname(file.path))))
    await mkdir(join(folder, path), { recursive: true });
  // Links last, so that nothing can be written through one.
  const plain = files.filter(({ mode }) => mode !== 'link');
  for (let at = 0; at < plain.length; at += AT_ONCE) {
    signal.throwIfAborted();
    await Promise.all(plain.slice(at, at + AT_ONCE).map((file) => writeFile(parts, folder, file)));
  }
  for (const file of files) if (file.mode === 'link') await writeLink(parts, folder, file);
  return files;
}

async function writeFile(parts: Pick<Context, 'blobs'>, folder: string, file: SnapshotFile): Promise<void> {
  const path = join(folder, file.path);
  await pipeline(await openFile(parts, file.sha256), createWriteStream(path, { flags: 'wx' }));
  if (file.mode === 'executable') await chmod(path, 0o755);
}

async function writeLink(parts: Pick<Context, 'blobs'>, folder: string, file: SnapshotFile): Promise<void> {
  const target = await text(await openFile(parts, file.sha256));
  const path = join(folder, file.path);
  const below = relative(folder, resolve(dirname(path), target));
  if (below.startsWith('..') || resolve(target) === target) {
    throw trainErrors.INVALID_SNAPSHOT({ problem: `the link ${file.path} leads out of it.` });
  }
  await symlink(target, path);
}
