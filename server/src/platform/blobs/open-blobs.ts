import type { Clock } from '../clock.ts';
import type { BlobConfig } from '../config/config.ts';
import { ARTIFACT_ROOT, artifactRootConfig, artifactRootKey } from './artifact-root.ts';
import type { BlobStore } from './blob-store.ts';
import { diskBlobs, sweepPartials } from './disk-blobs.ts';
import { type Mount, mountBlobs } from './mount-blobs.ts';

/** What is not an artifact may lie in the same bucket, below this name: no artifact is called so. */
const RESERVED = '.bucle';

/**
 * The blob store that the configuration names; the S3 SDK is loaded only when it is needed.
 * @param defaultRoot where clients write artifacts by themselves, to be read here too
 */
export async function openBlobs(config: BlobConfig, clock: Clock, defaultRoot?: string): Promise<BlobStore> {
  const { artifacts, ...rest } = config;
  const store = await openOne(rest, clock);
  const mounts: Mount[] = [];
  if (artifacts !== undefined) {
    const place = config.kind === 'disk' ? { ...config, path: artifacts } : { ...config, prefix: artifacts };
    mounts.push({ name: 'artifacts', store: await openOne(place, clock), hidden: RESERVED, walked: true });
  }
  const root = defaultRoot === undefined ? null : artifactRootConfig(defaultRoot, config);
  const base = artifactRootKey(defaultRoot ?? '')?.slice(ARTIFACT_ROOT.length + 1);
  if (root !== null && base !== undefined) {
    mounts.push({ name: ARTIFACT_ROOT, store: await openOne(root, clock), base, walked: false });
  }
  return mounts.length === 0 ? store : mountBlobs(store, mounts);
}

async function openOne(config: BlobConfig, clock: Clock): Promise<BlobStore> {
  if (config.kind === 'disk') {
    await sweepPartials(config.path, clock.now());
    return diskBlobs(config.path, clock);
  }
  const { s3Blobs } = await import('./s3-blobs.ts');
  return s3Blobs(config, clock);
}
