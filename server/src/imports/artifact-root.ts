import type { Context } from '../context.ts';
import { artifactFolder } from '../loop/track/index.ts';
import { artifactRootConfig } from '../platform/blobs/artifact-root.ts';

const PROXIED = 'mlflow-artifacts:';

/**
 * Where the files of imported runs and logged models belong: below the root that the server gives to new ones, or
 * behind its proxy when it has no keys to write there.
 */
export function artifactRoot({ artifacts, blobs }: Context['config']): string {
  return artifactRootConfig(artifacts.defaultRoot, blobs) === null ? PROXIED : artifacts.defaultRoot;
}

/** True for what this server writes itself. */
export function isOwnPlace(config: Context['config'], uri: string): boolean {
  return artifactFolder(uri) !== null || uri.startsWith(`${artifactRoot(config)}/`);
}
