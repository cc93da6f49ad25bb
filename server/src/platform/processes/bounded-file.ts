import { copyFile, stat, truncate } from 'node:fs/promises';

/**
 * Keeps a log that others append to below a size: what it held moves to `path.1`, and it goes on empty. Its writers
 * keep their open file; what they write in the instant between is lost. Resolves to its size in bytes.
 */
export async function boundFile(path: string, limit: number): Promise<number> {
  const size = await stat(path).then(
    (info) => info.size,
    () => 0,
  );
  if (size <= limit) return size;
  await copyFile(path, `${path}.1`);
  await truncate(path, 0);
  return 0;
}
