import { type Manifest, ManifestError, parseManifest } from '@bucle/client/chunks';
import type { Context } from '../../context.ts';
import type { Trx } from '../../database.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { findChunks } from './chunk.store.ts';
import { findVersion, findVersionByManifest, insertPendingProfile, insertVersion } from './dataset.store.ts';
import { type DatasetVersion, formatDatasetRef } from './dataset.ts';
import { dataErrors } from './errors.ts';
import { storeManifest } from './manifest-blob.ts';
import { PROFILE_JOB, PROFILE_TRIES } from './profile-version.ts';
import { MAX_CHUNKS } from './receive-pack.ts';

type Parts = Pick<Context, 'db' | 'blobs' | 'jobs' | 'clock'>;

export interface NewVersion {
  readonly name: string;
  /** As it came: not checked yet. */
  readonly manifest: unknown;
  readonly message: string | null;
  readonly actor: string;
  /** Event or request that led to it. */
  readonly cause?: string | null | undefined;
  /** Runs in the transaction of the commit, also when the version exists already. */
  readonly record?: ((trx: Trx, version: DatasetVersion) => Promise<void>) | undefined;
}

/**
 * Makes a version of a manifest whose chunks are all stored. The same content of the same dataset is the
 * same version: it gets no new number. @throws DATA_INVALID_MANIFEST, DATA_CHUNKS_MISSING
 */
export async function commitVersion(
  parts: Parts,
  given: NewVersion,
): Promise<{ version: DatasetVersion; created: boolean }> {
  const { db, jobs, clock } = parts;
  const { name, message, actor, cause = null, record } = given;
  const manifest = checkManifest(given.manifest);
  await requireStored(parts, manifest);
  const id = await storeManifest(parts, manifest);
  const bytes = manifest.files.reduce((sum, { size }) => sum + size, 0);
  return db.transaction(async (trx) => {
    await db.lock(trx, `dataset:${name}`);
    const existing = await findVersionByManifest(trx, name, id);
    if (existing) {
      await record?.(trx, existing);
      return { version: existing, created: false };
    }
    const isNew = await insertPendingProfile(trx, id);
    const number = await insertVersion(trx, {
      ...{ dataset: name, manifest: id, files: manifest.files.length, bytes, message },
      ...{ created_at: clock.now(), created_by: actor },
    });
    if (isNew)
      await jobs.enqueue(trx, { kind: PROFILE_JOB, key: id, payload: { manifest: id }, maxAttempts: PROFILE_TRIES });
    const data = { id, files: manifest.files.length, bytes, message };
    await appendEvent(
      trx,
      { clock },
      { type: 'dataset.version.created', subject: formatDatasetRef({ name, number }), actor, cause, data },
    );
    const version = await findVersion(trx, name, number);
    if (!version) throw new Error(`${name}@${number} is not there right after it was inserted.`);
    await record?.(trx, version);
    return { version, created: true };
  });
}

function checkManifest(value: unknown): Manifest {
  try {
    return parseManifest(value);
  } catch (error) {
    if (error instanceof ManifestError) throw dataErrors.INVALID_MANIFEST({ problem: error.message });
    throw error;
  }
}

async function requireStored({ db }: Pick<Parts, 'db'>, manifest: Manifest): Promise<void> {
  const lengths = chunkSizes(manifest);
  const hashes = [...lengths.keys()];
  const missing: string[] = [];
  for (let from = 0; from < hashes.length; from += MAX_CHUNKS) {
    const asked = hashes.slice(from, from + MAX_CHUNKS);
    const found = await findChunks(db.scan, asked);
    for (const { hash, length } of found.values()) {
      if (length !== lengths.get(hash)) throw otherLength(hash);
    }
    missing.push(...asked.filter((hash) => !found.has(hash)));
  }
  if (missing.length > 0) throw dataErrors.CHUNKS_MISSING({ count: missing.length, example: missing[0] ?? '' });
}

function chunkSizes({ files }: Manifest): Map<string, number> {
  const lengths = new Map<string, number>();
  for (const [hash, length] of files.flatMap(({ chunks }) => chunks)) {
    if ((lengths.get(hash) ?? length) !== length) throw otherLength(hash);
    lengths.set(hash, length);
  }
  return lengths;
}

function otherLength(hash: string) {
  return dataErrors.INVALID_MANIFEST({ problem: `The chunk ${hash} has another length than the manifest says.` });
}
