import { artifactRootKey } from '../../platform/blobs/artifact-root.ts';
import { checkKey } from '../../platform/blobs/blob-store.ts';
import { invalidParameter } from './mlflow-protocol/index.ts';
import { unquoteFully } from './names.ts';

/** Below this the blobs lie as clients name them: `<experiment>/<run>/artifacts/…`, `<experiment>/models/<id>/artifacts/…`. */
const ROOT = 'artifacts';

/**
 * Key of the blob of an artifact; '' is the folder of all. The path is decoded once already: whatever it would become
 * if somebody decoded it again must be harmless too. @throws INVALID_PARAMETER_VALUE
 */
export function artifactKey(path: string): string {
  const bare = path.endsWith('/') ? path.slice(0, -1) : path;
  if (bare === '') return ROOT;
  checkArtifactPath(bare);
  return checkKey(`${ROOT}/${bare}`);
}

/**
 * Key of what lies at a location (of a run, a logged model, a version), and below it at a path; null for a location
 * that this server could never read. Only its proxy's artifacts and those of its own default root ever have blobs.
 * @throws INVALID_PARAMETER_VALUE
 */
export function locatedKey(uri: string, path = ''): string | null {
  if (path !== '') checkArtifactPath(path);
  const folder = artifactFolder(uri);
  const root = folder === null ? artifactRootKey(uri) : artifactKey(folder);
  return root === null || path === '' ? root : checkKey(`${root}/${path}`);
}

/** The folder that an artifact URI names; null when it is not this server that keeps it. */
export function artifactFolder(uri: string): string | null {
  const match = /^mlflow-artifacts:(?:\/\/[^/]*)?\/*([^?#]*)$/.exec(uri);
  return match ? (match[1] ?? '').replace(/\/+$/, '') : null;
}

/** @throws INVALID_PARAMETER_VALUE */
export function checkArtifactPath(path: string): void {
  for (const form of new Set([path, unquoteFully(path)])) refuseUnsafe(form);
}

function refuseUnsafe(path: string): void {
  const parts = path.split(/[/\\]/);
  const climbs = parts.some((part) => part === '..') || path.split('/').some((part) => part === '' || part === '.');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  const odd = /[\u0000-\u001f\u007f#]/.test(path) || /^[A-Za-z]:[/\\]/.test(path) || path.startsWith('\\');
  const isUri = /^[a-z][a-z0-9+.-]*:\/\//i.test(path) || /^file:/i.test(path);
  if (climbs || odd || isUri) throw invalidParameter('Invalid path');
}
