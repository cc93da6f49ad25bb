import { createHash } from 'node:crypto';
import { createReadStream, type Dirent } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest, ManifestFile } from '@bucle/client/chunks';
import { dataCliErrors } from './errors.ts';

/** Below the target: files on their way, each under its hash, so that a later pull can go on. */
export const PARTIAL_FOLDER = '.bucle-partial';

/**
 * Which files of a version are in a folder already, byte by byte. Refuses a folder that holds anything else,
 * before anything is written; so nothing of anybody is overwritten, and no link leads out of it.
 * @throws CLI_TARGET_TAKEN
 */
export async function surveyTarget(target: string, manifest: Manifest, ref: string): Promise<Set<string>> {
  const files = new Map(manifest.files.map((file) => [file.path, file]));
  const taken = (path: string, reason: string) => dataCliErrors.TARGET_TAKEN({ path, reason, ref });
  const info = await stat(target).catch(() => null);
  if (info === null) return new Set();
  if (!info.isDirectory()) throw taken(target, 'it is no folder.');
  const present = new Set<string>();
  for await (const { path, entry } of entriesOf(target, '')) {
    const file = files.get(path);
    if (!file || !entry.isFile()) throw taken(join(target, path), `it is not part of ${ref}.`);
    if (!(await isSame(join(target, path), file))) throw taken(join(target, path), `it differs from that of ${ref}.`);
    present.add(path);
  }
  return present;
}

async function* entriesOf(target: string, prefix: string): AsyncGenerator<{ path: string; entry: Dirent }> {
  for (const entry of await readdir(join(target, prefix), { withFileTypes: true })) {
    const path = `${prefix}${entry.name}`;
    if (path === PARTIAL_FOLDER && entry.isDirectory()) continue;
    if (entry.isDirectory()) yield* entriesOf(target, `${path}/`);
    else yield { path, entry };
  }
}

async function isSame(path: string, { size, sha256 }: ManifestFile): Promise<boolean> {
  if ((await lstat(path)).size !== size) return false;
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  return hash.digest('hex') === sha256;
}
