import type { Context } from '../../context.ts';
import { artifactKey, locatedKey } from './artifact-path.ts';

export interface ArtifactEntry {
  readonly path: string;
  readonly is_dir: boolean;
  /** Bytes; absent for folders and empty files, as MLflow has it. */
  readonly file_size?: number;
}

/**
 * One level of an artifact folder, paths relative to its root. A file, and a folder that somebody else keeps,
 * have no entries. @throws INVALID_PARAMETER_VALUE
 */
export async function listBelow(
  { blobs }: Pick<Context, 'blobs'>,
  rootUri: string,
  path: string,
): Promise<ArtifactEntry[]> {
  const folder = path.replace(/\/$/, '');
  const key = locatedKey(rootUri, folder);
  if (key === null) return [];
  const entries = await listKey({ blobs }, key);
  return folder === '' ? entries : entries.map((entry) => ({ ...entry, path: `${folder}/${entry.path}` }));
}

/** By name. @throws INVALID_PARAMETER_VALUE */
export function listFolder(parts: Pick<Context, 'blobs'>, folder: string): Promise<ArtifactEntry[]> {
  return listKey(parts, artifactKey(folder));
}

async function listKey({ blobs }: Pick<Context, 'blobs'>, key: string): Promise<ArtifactEntry[]> {
  const entries = await blobs.list(key);
  return entries.map(({ name, isDirectory, size }) => ({
    path: name,
    is_dir: isDirectory,
    ...(isDirectory || size === 0 ? {} : { file_size: size }),
  }));
}
