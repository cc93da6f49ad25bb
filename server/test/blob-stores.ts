import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BlobConfig } from '../src/platform/config/config.ts';
import { uuidv7 } from '../src/platform/ids.ts';

export interface BlobKind {
  readonly name: 'disk' | 'S3';
  create(): Promise<{ readonly config: BlobConfig } & AsyncDisposable>;
}

const endpoint = process.env['BUCLE_TEST_S3_URL'];

/** Where blobs may live; without an S3 server its tests are reported as skipped. */
export const blobKinds: readonly BlobKind[] = [
  {
    name: 'disk',
    async create() {
      const path = await mkdtemp(join(tmpdir(), 'bucle-blobs-'));
      return {
        config: { kind: 'disk', path },
        [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
      };
    },
  },
  {
    name: 'S3',
    async create() {
      if (endpoint === undefined) throw new Error('There is no S3 server: ask `hasBlobs` first.');
      return {
        config: {
          kind: 's3',
          bucket: process.env['BUCLE_TEST_S3_BUCKET'] ?? 'bucle-test',
          endpoint,
          region: 'us-east-1',
          accessKeyId: process.env['BUCLE_TEST_S3_KEY'] ?? 'bucle',
          secretAccessKey: process.env['BUCLE_TEST_S3_SECRET'] ?? 'bucle-secret',
          prefix: `${uuidv7()}/`,
        },
        [Symbol.asyncDispose]: async () => {},
      };
    },
  },
];

export function hasBlobs({ name }: BlobKind): boolean {
  return name === 'disk' || endpoint !== undefined;
}
