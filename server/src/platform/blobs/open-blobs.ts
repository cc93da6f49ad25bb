import type { Clock } from '../clock.ts';
import type { BlobConfig } from '../config/config.ts';
import type { BlobStore } from './blob-store.ts';
import { diskBlobs, sweepPartials } from './disk-blobs.ts';

/** The blob store that the configuration names; the S3 SDK is loaded only when it is needed. */
export async function openBlobs(config: BlobConfig, clock: Clock): Promise<BlobStore> {
  if (config.kind === 'disk') {
    await sweepPartials(config.path, clock.now());
    return diskBlobs(config.path);
  }
  const { s3Blobs } = await import('./s3-blobs.ts');
  return s3Blobs(config);
}
