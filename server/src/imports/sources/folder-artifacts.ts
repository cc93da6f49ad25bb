import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { localPath, type OpenArtifacts, openFolder } from './artifact-folders.ts';
import { isFolder } from './folder-files.ts';
import type { ArtifactFolder, ArtifactOwner, SourceOptions } from './source.ts';

/**
 * Addresses of a folder that was moved, or lies in the trash, name the place of old: then the files are beside the
 * meta.yaml of their owner.
 */
export async function openOwnFolder(
  owner: ArtifactOwner,
  given: { place: string; root: string; options: SourceOptions; openElsewhere: OpenArtifacts },
): Promise<ArtifactFolder | string> {
  const { place, root, options, openElsewhere } = given;
  const below = owner.kind === 'run' ? owner.id : `models/${owner.id}`;
  const path = localPath(owner.uri);
  const isOwn = path?.endsWith(`/${owner.experiment}/${below}/artifacts`) ?? false;
  if (path === null || !isOwn) return openElsewhere(owner.uri);
  const own = join(place, below, 'artifacts');
  const holdsFiles = (await readdir(own).catch(() => [])).length > 0;
  // MLflow makes an empty folder there even when the files go elsewhere.
  if (!holdsFiles && (await isFolder(path))) return openElsewhere(owner.uri);
  return openFolder(own, [root], options.onProblem);
}
