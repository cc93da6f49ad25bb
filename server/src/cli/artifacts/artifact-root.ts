import { ApiError, fillPath, type RequestOptions } from '@bucle/client';
import { type Io, UsageError } from '../command.ts';
import { getMlflow } from '../mlflow.ts';
import type { ArtifactFile } from '../runs/mlflow-client.ts';
import { resolveRun } from '../runs/resolve-run.ts';
import { withNext } from '../with-next.ts';
import { artifactErrors } from './errors.ts';

type Request = { readonly path: string; readonly query?: RequestOptions['query'] };

/** Where artifacts are: of a run, of a logged model, or any folder of the server's artifact proxy. */
export interface ArtifactRoot {
  /** As it is written in commands: `run:…`, `model:m-…`, `mlflow-artifacts:/…`. */
  readonly where: string;
  /** One level, paths from the root. */
  list(path: string): Promise<readonly ArtifactFile[]>;
  /** The request that reads a file. */
  read(path: string): Request;
  /** The request that writes or deletes. @throws CLI_ARTIFACTS_ELSEWHERE */
  write(path: string): Request;
}

const PROXY = '/api/2.0/mlflow-artifacts/artifacts';
const FILES_OF_MODEL = '/ajax-api/2.0/mlflow/logged-models/{id}/artifacts/files';

/** `run:ID` or its beginning, `model:m-…`, or `mlflow-artifacts:/PATH`. @throws UsageError, CLI_NO_SUCH_RUN */
export async function openRoot(io: Io, word: string | undefined, command: string): Promise<ArtifactRoot> {
  if (word === undefined || word === '') {
    throw new UsageError(`${command} needs to know where: run:ID, model:m-… or mlflow-artifacts:/PATH.`);
  }
  const folder = folderOf(word);
  if (folder !== null) return proxyRoot(io, word.replace(/\/+$/, ''), folder);
  const [, model] = /^(?:model:)?(m-[\w-]+)$/.exec(word) ?? [];
  if (model !== undefined || word.startsWith('model:')) return modelRoot(io, model ?? word.slice('model:'.length));
  return runRoot(io, word);
}

/** The path in the proxy that a URI names; null when it names another place. */
function folderOf(uri: string): string | null {
  const [, path] = /^mlflow-artifacts:(?:\/\/[^/]*)?\/*(.*)$/.exec(uri) ?? [];
  return path === undefined ? null : path.replace(/\/+$/, '');
}

function proxyRoot(io: Io, where: string, folder: string): ArtifactRoot {
  const request = (path: string) => proxied(folder, path);
  return {
    where,
    read: request,
    write: request,
    async list(path) {
      const query = { path: [folder, path].filter(Boolean).join('/') };
      const { files = [] } = await io.client.request<{ files?: ArtifactFile[] }>('GET', PROXY, {
        ...{ query, signal: io.signal },
      });
      return path === '' ? files : files.map((file) => ({ ...file, path: `${path}/${file.path}` }));
    },
  };
}

async function runRoot(io: Io, word: string): Promise<ArtifactRoot> {
  const { run_id, artifact_uri: uri = '' } = (await resolveRun(io, word)).info;
  const where = `run:${run_id}`;
  return {
    where,
    async list(path) {
      const query = { run_id, path: path === '' ? undefined : path };
      return (await getMlflow<{ files?: ArtifactFile[] }>(io, 'artifacts/list', query)).files ?? [];
    },
    read: (path) => ({ path: '/get-artifact', query: { run_id, path } }),
    write: (path) => proxied(requireFolder(uri, where), path),
  };
}

async function modelRoot(io: Io, id: string): Promise<ArtifactRoot> {
  const path = `logged-models/${encodeURIComponent(id)}`;
  const { model } = await withNext(
    'Its run shows its logged models: `bucle runs show RUN`.',
    getMlflow<{ model: { info: { artifact_uri?: string } } }>(io, path, {}),
  );
  const where = `model:${id}`;
  return {
    where,
    async list(folder) {
      const query = { artifact_directory_path: folder === '' ? undefined : folder };
      return (await getMlflow<{ files?: ArtifactFile[] }>(io, `${path}/artifacts/directories`, query)).files ?? [];
    },
    read: (file) => ({ path: fillPath(FILES_OF_MODEL, { id }), query: { artifact_file_path: file } }),
    write: (file) => proxied(requireFolder(model.info.artifact_uri ?? '', where), file),
  };
}

function requireFolder(uri: string, where: string): string {
  const folder = folderOf(uri);
  if (folder === null) throw artifactErrors.ARTIFACTS_ELSEWHERE({ where, uri });
  return folder;
}

function proxied(folder: string, path: string): Request {
  const parts = [...folder.split('/'), ...path.split('/')].filter((part) => part !== '');
  return { path: `${PROXY}/${parts.map(encodeURIComponent).join('/')}` };
}

/** A file or folder by its path; null when there is none. The root is a folder. */
async function findArtifact(root: ArtifactRoot, path: string): Promise<ArtifactFile | null> {
  if (path === '') return { path: '', is_dir: true };
  const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  try {
    return (await root.list(parent)).find((file) => file.path === path) ?? null;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** @throws CLI_NO_SUCH_ARTIFACT */
export async function requireArtifact(root: ArtifactRoot, path: string): Promise<ArtifactFile> {
  const found = await findArtifact(root, path);
  if (found === null) throw artifactErrors.NO_SUCH_ARTIFACT({ where: root.where, path });
  return found;
}

/** All files in a folder and below it. */
export async function* filesBelow(root: ArtifactRoot, folder: string): AsyncGenerator<ArtifactFile> {
  for (const file of await root.list(folder)) {
    if (file.is_dir === true) yield* filesBelow(root, file.path);
    else yield file;
  }
}

/** Without slashes around it; '' is the root. */
export function tidyPath(path = ''): string {
  return path.replace(/^\/+|\/+$/g, '');
}
