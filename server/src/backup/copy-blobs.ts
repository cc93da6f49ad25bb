import { createHash } from 'node:crypto';
import type { BlobInfo, BlobStore } from '../platform/blobs/blob-store.ts';
import { backupErrors } from './errors.ts';
import type { Progress } from './report.ts';
import { type Digest, startDigest } from './set-digest.ts';

export interface BlobLine {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
}

export interface CopiedBlobs {
  readonly source: Digest;
  /** Read again from where they were put. */
  readonly target: Digest;
  /** How many were not there before. */
  readonly written: number;
}

interface Copying {
  readonly from: Pick<BlobStore, 'walk' | 'get'>;
  readonly to: BlobStore;
  readonly progress: Progress;
  /** Told of each that is there. */
  readonly each?: (line: BlobLine) => void;
}

const AT_ONCE = 8;

/**
 * Copies every blob and reads it again. What is there already with the same bytes stays, so that an interrupted copy
 * goes on; what vanishes from the source meanwhile is left out.
 */
export async function copyBlobs({ from, to, progress, each = () => {} }: Copying): Promise<CopiedBlobs> {
  const [source, target] = [startDigest(), startDigest()];
  let written = 0;
  const copy = async ({ key }: BlobInfo): Promise<void> => {
    const made = await copyBlob({ from, to }, key);
    if (made === null) return;
    source.add(JSON.stringify(made.read));
    target.add(JSON.stringify(made.stored));
    written += made.written ? 1 : 0;
    each(made.stored);
    progress('files', 1);
  };
  for await (const group of groups(from.walk(''))) await Promise.all(group.map(copy));
  return { source: source.end(), target: target.end(), written };
}

/** @throws BACKUP_TARGET_BLOBS when the target has a blob that the source has not */
export async function refuseForeignBlobs(from: Pick<BlobStore, 'head'>, to: Pick<BlobStore, 'walk'>): Promise<void> {
  const foreign: string[] = [];
  for await (const group of groups(to.walk(''))) {
    const found = await Promise.all(group.map(async ({ key, size }) => ({ key, size, own: await from.head(key) })));
    for (const { key, size, own } of found) if (own?.size !== size) foreign.push(key);
    if (foreign.length > 5) break;
  }
  if (foreign.length > 0) throw backupErrors.TARGET_BLOBS({ list: foreign.slice(0, 5) });
}

/** @returns null when there is none */
export async function hashBlob(store: Pick<BlobStore, 'get'>, key: string): Promise<BlobLine | null> {
  const found = await store.get(key);
  if (found === null) return null;
  const sha256 = createHash('sha256');
  let size = 0;
  for await (const chunk of found.body as AsyncIterable<Uint8Array>) {
    sha256.update(chunk);
    size += chunk.length;
  }
  return { key, size, sha256: sha256.digest('hex') };
}

async function copyBlob(stores: Pick<Copying, 'from' | 'to'>, key: string) {
  const { from, to } = stores;
  if ((await to.head(key)) === null) return sendBlob(stores, key);
  const [read, stored] = [await hashBlob(from, key), await hashBlob(to, key)];
  if (read === null) return null;
  return stored?.sha256 === read.sha256 ? { read, stored, written: false } : sendBlob(stores, key);
}

async function sendBlob({ from, to }: Pick<Copying, 'from' | 'to'>, key: string) {
  const found = await from.get(key);
  if (found === null) return null;
  const { size, sha256 } = await to.put(key, found.body, { hash: true });
  const stored = await hashBlob(to, key);
  if (stored === null) throw new Error(`The blob ${key} was written and is not there.`);
  return { read: { key, size, sha256: sha256 ?? '' }, stored, written: true };
}

export async function* groups<T>(all: AsyncIterable<T>, size: number = AT_ONCE): AsyncGenerator<T[]> {
  let group: T[] = [];
  for await (const one of all) {
    group.push(one);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
