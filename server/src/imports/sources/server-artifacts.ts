import { type OpenArtifacts, openArtifacts } from './artifact-folders.ts';
import { isMissing, type MlflowRest } from './mlflow-rest.ts';
import type { ArtifactFile, ArtifactFolder, ArtifactOwner, SourceOptions } from './source.ts';

const PROXY = '/api/2.0/mlflow-artifacts/artifacts';

/** What the server keeps comes through its proxy; what its clients wrote elsewhere is read there. */
export function openServerArtifacts(
  rest: MlflowRest,
  options: SourceOptions,
): (owner: ArtifactOwner) => Promise<ArtifactFolder | string> {
  const openElsewhere: OpenArtifacts = openArtifacts(options);
  return async ({ uri }) => {
    const path = /^mlflow-artifacts:(?:\/\/[^/]*)?\/*([^?#]*)$/.exec(uri)?.[1]?.replace(/\/+$/, '');
    if (path === undefined || options.artifactsDestination !== null) return openElsewhere(uri);
    return { files: () => walk(rest, path, '') };
  };
}

interface FileJson {
  readonly path?: string;
  readonly is_dir?: boolean;
  readonly file_size?: number | string;
}

async function* walk(rest: MlflowRest, root: string, below: string): AsyncGenerator<ArtifactFile> {
  for (const { path = '', is_dir, file_size } of await listFolder(rest, join(root, below))) {
    const own = join(below, path);
    if (is_dir) yield* walk(rest, root, own);
    else yield toFile(rest, own, { address: join(root, own), size: Number(file_size ?? 0) });
  }
}

async function listFolder(rest: MlflowRest, path: string): Promise<readonly FileJson[]> {
  const answer = await rest.get<{ files?: FileJson[] }>(PROXY, { path }).catch((error: Error) => {
    if (isMissing(error)) return { files: [] };
    throw error;
  });
  // Names are the server's: one that leads elsewhere is none.
  return (answer.files ?? []).filter(({ path: name = '' }) => /^[^/]+$/.test(name) && name !== '.' && name !== '..');
}

/** A server says no more of a file than its size: one that changed and kept it is not read again. */
function toFile(rest: MlflowRest, path: string, { address, size }: { address: string; size: number }): ArtifactFile {
  return {
    ...{ path, size, stamp: `size-${size}` },
    async open() {
      const body = await rest.stream(`${PROXY}/${address.split('/').map(encodeURIComponent).join('/')}`);
      if (body === null) throw new Error(`${address} went away while it was read`);
      return body;
    },
  };
}

function join(folder: string, name: string): string {
  return folder === '' ? name : name === '' ? folder : `${folder}/${name}`;
}
