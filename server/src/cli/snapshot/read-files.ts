import { createHash, hash } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { lstat, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pathProblem } from '@bucle/client/chunks';
import { snapshotErrors } from './errors.ts';
import { type Finding, findByName, findInText, MAX_SCANNED_BYTES } from './find-secrets.ts';

export interface FoundFile {
  readonly path: string;
  readonly absolute: string;
  readonly mode: 'file' | 'executable' | 'link';
  readonly size: number;
}

export interface SnapshotFile {
  readonly path: string;
  readonly mode: FoundFile['mode'];
  readonly sha256: string;
  readonly size: number;
  /** Where its bytes are: on disk, or here. */
  readonly source: string | Uint8Array;
}

/** What these paths are on disk; deleted ones and what is no file are left out. @throws CLI_FILE_NAME */
export async function statFiles(root: string, paths: Iterable<string>): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  for (const path of new Set(paths)) {
    const absolute = join(root, path);
    const info = await lstat(absolute).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
      throw unreadable(path, error);
    });
    if (info === null || !(info.isFile() || info.isSymbolicLink())) continue;
    const problem = path.includes('\ufffd') ? 'is no valid UTF-8' : pathProblem(path);
    if (problem !== null) throw snapshotErrors.FILE_NAME({ path: JSON.stringify(path), problem });
    found.push({ path, absolute, mode: modeOf(info), size: info.size });
  }
  return found;
}

function modeOf(info: Stats): FoundFile['mode'] {
  if (info.isSymbolicLink()) return 'link';
  return (info.mode & 0o100) === 0 ? 'file' : 'executable';
}

export interface ReadFile {
  readonly file: SnapshotFile;
  readonly findings: readonly Finding[];
}

/** Hashes a file, and looks for secrets in it. @throws CLI_FILE_CHANGED, CLI_FILE_UNREADABLE */
export async function readOne(found: FoundFile): Promise<ReadFile> {
  const { path, absolute, mode, size } = found;
  if (mode === 'link') {
    const target = Buffer.from(await readlink(absolute));
    return { file: { path, mode, sha256: hash('sha256', target), size: target.length, source: target }, findings: [] };
  }
  const byName = findByName(path);
  if (size > MAX_SCANNED_BYTES) {
    const { sha256, bytes } = await hashLarge(path, absolute);
    if (bytes !== size) throw snapshotErrors.FILE_CHANGED({ path });
    return { file: { path, mode, sha256, size, source: absolute }, findings: byName ? [byName] : [] };
  }
  const bytes = await readFile(absolute).catch((error: Error) => {
    throw unreadable(path, error);
  });
  if (bytes.length !== size) throw snapshotErrors.FILE_CHANGED({ path });
  return {
    file: { path, mode, sha256: hash('sha256', bytes), size, source: absolute },
    findings: byName ? [byName] : findInText(path, bytes),
  };
}

async function hashLarge(path: string, absolute: string): Promise<{ sha256: string; bytes: number }> {
  const whole = createHash('sha256');
  let bytes = 0;
  try {
    for await (const piece of createReadStream(absolute) as AsyncIterable<Buffer>) {
      bytes += piece.length;
      whole.update(piece);
    }
  } catch (error) {
    throw unreadable(path, error as Error);
  }
  return { sha256: whole.digest('hex'), bytes };
}

function unreadable(path: string, cause: Error) {
  return snapshotErrors.FILE_UNREADABLE({ path, reason: cause.message }, { cause });
}
