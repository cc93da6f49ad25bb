import { formatBytes, formatCount, plural } from '../data/format.ts';
import { snapshotErrors } from './errors.ts';

const MEBIBYTE = 1024 * 1024;

/** What a server takes. */
export const limits = { files: 50_000, fileBytes: 512 * MEBIBYTE, bytes: 2048 * MEBIBYTE } as const;

/** From here on a person sees what makes the snapshot so large. */
const NOTED_BYTES = 50_000_000;
const NOTED_FILE_BYTES = 10_000_000;
const LISTED = 10;

interface Sized {
  readonly path: string;
  readonly size: number;
}

/** @throws CLI_TOO_MANY_FILES, CLI_FILE_TOO_LARGE, CLI_TOO_LARGE */
export function checkLimits(files: readonly Sized[]): void {
  const bytes = totalSize(files);
  if (files.length > limits.files) {
    const list = largestFolders(files);
    throw snapshotErrors.TOO_MANY_FILES({ count: formatCount(files.length), limit: formatCount(limits.files), list });
  }
  const big = files.find(({ size }) => size > limits.fileBytes);
  if (big) {
    const limit = formatBytes(limits.fileBytes);
    throw snapshotErrors.FILE_TOO_LARGE({ path: big.path, bytes: formatBytes(big.size), limit });
  }
  if (bytes > limits.bytes) {
    const limit = formatBytes(limits.bytes);
    throw snapshotErrors.TOO_LARGE({ bytes: formatBytes(bytes), limit, list: largestFiles(files).join('\n') });
  }
}

/** Lines for a person when a project is large; none for a common one. */
export function describeLargeProject(files: readonly Sized[]): string[] {
  const bytes = totalSize(files);
  if (bytes < NOTED_BYTES && files.every(({ size }) => size < NOTED_FILE_BYTES)) return [];
  return [
    `The snapshot is large: ${plural(files.length, 'file')}, ${formatBytes(bytes)}. The largest of them:`,
    ...largestFiles(files),
    'Leave out what the job does not need by lines in .bucleignore; data belongs into a dataset: bucle data push NAME PATH',
  ];
}

export function totalSize(files: readonly Pick<Sized, 'size'>[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

function largestFiles(files: readonly Sized[]): string[] {
  return files
    .toSorted((a, b) => b.size - a.size)
    .slice(0, LISTED)
    .map(({ path, size }) => `  ${formatBytes(size).padStart(8)}  ${path}`);
}

function largestFolders(files: readonly Sized[]): string {
  const counts = new Map<string, number>();
  for (const { path } of files) {
    const folder = path.includes('/') ? `${path.slice(0, path.indexOf('/'))}/` : '(the folder itself)';
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, LISTED)
    .map(([folder, count]) => `  ${formatCount(count).padStart(8)} files in ${folder}`)
    .join('\n');
}
