import { createHash, hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  type Chunk,
  chunkFile,
  createManifest,
  encodePack,
  type Hashing,
  MANIFEST_FORMAT,
  type Manifest,
  type ManifestFile,
} from '@bucle/client/chunks';
import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { findChunks } from './chunk.store.ts';
import { commitVersion } from './commit-version.ts';
import type { DatasetVersion } from './dataset.ts';
import { loadManifest } from './manifest-blob.ts';
import { receivePack } from './receive-pack.ts';

export interface NewFile {
  /** In the version. */
  readonly path: string;
  /** Absolute, on this machine. */
  readonly file: string;
}

export interface FilesToCommit {
  readonly name: string;
  readonly files: readonly NewFile[];
  /** Its files go into the new version as they are, unless `keep` says no or a new file takes their path. */
  readonly base?: Pick<DatasetVersion, 'id'> | undefined;
  readonly keep?: ((path: string) => boolean) | undefined;
  readonly message: string | null;
  readonly actor: string;
  readonly cause: string | null;
  /** Runs in the transaction of the commit: what a caller notes there exists if and only if the version does. */
  readonly record?: ((trx: Trx, version: DatasetVersion) => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const BATCH_BYTES = 8 * 1024 * 1024;
const BATCH_CHUNKS = 1_000;

const hashing: Hashing = {
  digest: (bytes) => hash('sha256', bytes),
  start() {
    const whole = createHash('sha256');
    return { update: (bytes) => void whole.update(bytes), digest: () => whole.digest('hex') };
  },
};

/**
 * Makes a version on the side of the server: of local files, and of files that another version has. Only chunks that
 * are not stored yet are written. The same content under the same name is the version that it already is.
 * @throws DATA_INVALID_MANIFEST when there is no file at all, or a path is no path
 */
export async function commitFiles(
  parts: Pick<Context, 'db' | 'blobs' | 'jobs' | 'clock'>,
  given: FilesToCommit,
): Promise<DatasetVersion> {
  const { name, base, keep = () => true, message, actor, cause, record, signal } = given;
  const added: ManifestFile[] = [];
  for (const file of given.files) added.push(await storeFile(parts, file, signal));
  const paths = new Set(added.map(({ path }) => path));
  const kept = base === undefined ? [] : (await loadManifest(parts, base.id)).files;
  const files = [...kept.filter(({ path }) => !paths.has(path) && keep(path)), ...added];
  const manifest = files.length === 0 ? emptyManifest : createManifest(files);
  const { version } = await commitVersion(parts, { name, manifest, message, actor, cause, record });
  return version;
}

// Refused by the commit in its own words.
const emptyManifest: Manifest = { format: MANIFEST_FORMAT, files: [] };

async function storeFile(
  parts: Pick<Context, 'db' | 'blobs' | 'clock'>,
  { path, file }: NewFile,
  signal: AbortSignal | undefined,
): Promise<ManifestFile> {
  let batch: Chunk[] = [];
  let bytes = 0;
  const flush = async () => {
    const chunks = batch;
    batch = [];
    bytes = 0;
    await storeChunks(parts, chunks);
  };
  const entry = await chunkFile(path, createReadStream(file), hashing, async (chunk) => {
    signal?.throwIfAborted();
    batch.push(chunk);
    bytes += chunk.bytes.length;
    if (bytes >= BATCH_BYTES || batch.length >= BATCH_CHUNKS) await flush();
  });
  await flush();
  return entry;
}

async function storeChunks(parts: Pick<Context, 'db' | 'blobs' | 'clock'>, chunks: readonly Chunk[]): Promise<void> {
  const known = await findChunks(
    parts.db.read,
    chunks.map(({ hash: id }) => id),
  );
  const lacking = new Map(chunks.filter(({ hash: id }) => !known.has(id)).map((chunk) => [chunk.hash, chunk]));
  if (lacking.size === 0) return;
  // Tables come compressed: packing them again would cost time for nothing.
  const packed = [...lacking.values()].map(({ hash: id, bytes }) => ({
    ...{ hash: id, codec: 'none' as const, length: bytes.length, stored: bytes },
  }));
  await receivePack(parts, pieces(encodePack(packed)));
}

async function* pieces(source: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* source;
}
