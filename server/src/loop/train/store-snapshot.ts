import { createHash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Context } from '../../context.ts';
import { trainErrors } from './errors.ts';
import { findSnapshot, findStoredFiles, insertSnapshot, insertStoredFile } from './snapshot.store.ts';
import {
  canonicalTree,
  checkTree,
  MAX_FILE_BYTES,
  SNAPSHOT_FORMAT,
  type Snapshot,
  type SnapshotFile,
  snapshotId,
} from './snapshot.ts';

type Parts = Pick<Context, 'db' | 'blobs' | 'clock'>;

/** Which contents of a snapshot are not stored yet. */
export async function findMissingFiles({ db }: Pick<Context, 'db'>, hashes: readonly string[]): Promise<string[]> {
  const stored = await findStoredFiles(db.read, hashes);
  return [...new Set(hashes)].filter((hash) => !stored.has(hash));
}

/** Stores one content under its hash; sending it again does no harm. @throws TRAIN_HASH_MISMATCH, TRAIN_FILE_TOO_LARGE */
export async function storeFile({ db, blobs, clock }: Parts, sha256: string, body: Readable): Promise<void> {
  if ((await findStoredFiles(db.read, [sha256])).size > 0) {
    body.resume();
    return;
  }
  const verified = verify(sha256);
  body.on('error', (error) => verified.destroy(error));
  // Small bodies are refused before the store listens: it meets the error later, and meanwhile nobody may crash of it.
  verified.on('error', () => {});
  const { size } = await blobs.put(fileKey(sha256), body.pipe(verified));
  await db.transaction((trx) => insertStoredFile(trx, { sha256, size, created_at: clock.now() }));
}

/** Fails before its end when the bytes are not those that were announced: so nothing wrong is ever stored. */
function verify(expected: string): Transform {
  const hash = createHash('sha256');
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      hash.update(chunk);
      if (bytes > MAX_FILE_BYTES) done(trainErrors.FILE_TOO_LARGE({ limit: MAX_FILE_BYTES }));
      else done(null, chunk);
    },
    flush(done) {
      const found = hash.digest('hex');
      if (found === expected) done();
      else done(trainErrors.HASH_MISMATCH({ found, expected }));
    },
  });
}

/**
 * Makes a snapshot of contents that are stored. The same tree is the same snapshot.
 * @throws TRAIN_INVALID_SNAPSHOT, TRAIN_FILES_MISSING
 */
export async function commitSnapshot(
  { db, blobs, clock }: Parts,
  { files: given, actor }: { readonly files: readonly SnapshotFile[]; readonly actor: string },
): Promise<{ snapshot: Snapshot; created: boolean }> {
  const files = checkTree(given);
  const id = snapshotId(files);
  const known = await findSnapshot(db.read, id);
  if (known) return { snapshot: known, created: false };
  const stored = await findStoredFiles(db.read, [...new Set(files.map(({ sha256 }) => sha256))]);
  const missing = files.filter(({ sha256 }) => !stored.has(sha256));
  const [example] = missing;
  if (example)
    throw trainErrors.FILES_MISSING({ count: missing.length, example: example.path, sha256: example.sha256 });
  const wrong = files.find(({ sha256, size }) => stored.get(sha256) !== size);
  if (wrong) throw trainErrors.INVALID_SNAPSHOT({ problem: `the size of ${wrong.path} is not ${wrong.size}.` });
  await blobs.put(treeKey(id), Buffer.from(canonicalTree(files)));
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const row = { id, files: files.length, bytes, created_at: clock.now(), created_by: actor };
  await db.transaction((trx) => insertSnapshot(trx, row));
  const snapshot = { id, files: row.files, bytes, createdAt: row.created_at, createdBy: actor };
  return { snapshot, created: true };
}

/** The tree of a snapshot, in the order of its paths. @throws TRAIN_SNAPSHOT_NOT_FOUND */
export async function loadTree({ blobs }: Pick<Context, 'blobs'>, id: string): Promise<SnapshotFile[]> {
  const blob = await blobs.get(treeKey(id));
  if (blob === null) throw trainErrors.SNAPSHOT_NOT_FOUND({ snapshot: id });
  const [format, ...lines] = (await text(blob.body)).trimEnd().split('\n');
  if (format !== SNAPSHOT_FORMAT) throw new Error(`The snapshot ${id} has the unknown format ${format}.`);
  return lines.map((line) => {
    const [path, mode, sha256, size] = JSON.parse(line) as [string, SnapshotFile['mode'], string, number];
    return { path, mode, sha256, size };
  });
}

/** Path → what is there, as text that differs when the file does; null when there is no such snapshot. */
export async function listSnapshotFiles(
  parts: Pick<Context, 'db' | 'blobs'>,
  id: string,
): Promise<ReadonlyMap<string, string> | null> {
  if (!(await findSnapshot(parts.db.read, id))) return null;
  return new Map((await loadTree(parts, id)).map(({ path, mode, sha256 }) => [path, `${mode} ${sha256}`]));
}

/** The bytes of one content. */
export async function openFile({ blobs }: Pick<Context, 'blobs'>, sha256: string): Promise<Readable> {
  const blob = await blobs.get(fileKey(sha256));
  if (blob === null) throw new Error(`The content ${sha256} is recorded, but not stored.`);
  return blob.body;
}

function fileKey(sha256: string): string {
  return `snapshots/files/${sha256.slice(0, 2)}/${sha256}`;
}

function treeKey(id: string): string {
  return `snapshots/trees/${id}`;
}
