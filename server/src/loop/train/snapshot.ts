import { createHash } from 'node:crypto';
import { comparePaths, pathProblem } from '@bucle/client/chunks';
import { trainErrors } from './errors.ts';

/** A file, an executable file, or a symbolic link whose stored content is its target. */
export type FileMode = 'file' | 'executable' | 'link';

export interface SnapshotFile {
  readonly path: string;
  readonly mode: FileMode;
  /** SHA-256 of the content. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** The code of a job: a tree of files, named by its hash. */
export interface Snapshot {
  readonly id: string;
  readonly files: number;
  readonly bytes: number;
  readonly createdAt: number;
  readonly createdBy: string;
}

export const SNAPSHOT_FORMAT = 'bucle.snapshot.v1';
export const MAX_FILES = 50_000;
/** Of one file, and of all together. */
export const MAX_FILE_BYTES = 512 * 1024 * 1024;
export const MAX_BYTES = 2 * 1024 * 1024 * 1024;

/** The only text that a tree has; its SHA-256 is the id of the snapshot. */
export function canonicalTree(files: readonly SnapshotFile[]): string {
  const lines = files.map(({ path, mode, sha256, size }) => JSON.stringify([path, mode, sha256, size]));
  return `${SNAPSHOT_FORMAT}\n${lines.join('\n')}\n`;
}

export function snapshotId(files: readonly SnapshotFile[]): string {
  return createHash('sha256').update(canonicalTree(files)).digest('hex');
}

/** Sorts a tree and refuses one that cannot be, or must not be, written to a disk. @throws TRAIN_INVALID_SNAPSHOT */
export function checkTree(files: readonly SnapshotFile[]): SnapshotFile[] {
  const refuse = (problem: string) => trainErrors.INVALID_SNAPSHOT({ problem });
  if (files.length > MAX_FILES) throw refuse(`it has more than ${MAX_FILES} files.`);
  const sorted = [...files].sort((a, b) => comparePaths(a.path, b.path));
  const paths = new Set<string>();
  let bytes = 0;
  for (const { path, size } of sorted) {
    const problem = pathProblem(path);
    if (problem !== null) throw refuse(`the path ${JSON.stringify(path.slice(0, 200))} ${problem}.`);
    if (paths.has(path)) throw refuse(`the path ${path} is there twice.`);
    paths.add(path);
    bytes += size;
  }
  if (bytes > MAX_BYTES) throw refuse(`it has ${bytes} bytes, and ${MAX_BYTES} are allowed.`);
  for (const path of paths) {
    const parent = parentsOf(path).find((folder) => paths.has(folder));
    // Else a link could lead what comes below it out of the tree.
    if (parent !== undefined) throw refuse(`${path} lies below ${parent}, which is no folder.`);
  }
  return sorted;
}

function parentsOf(path: string): string[] {
  const names = path.split('/');
  return names.slice(1).map((_name, index) => names.slice(0, index + 1).join('/'));
}
