import type { Readable } from 'node:stream';
import type { Context } from '../../context.ts';
import { locatedKey } from './artifact-path.ts';
import { findRunRow } from './run.store.ts';

/** A file among a run's artifacts; null when there is no such run or file, or when another server keeps them. */
export async function openRunFile(
  { db, blobs }: Pick<Context, 'db' | 'blobs'>,
  runId: string,
  path: string,
): Promise<{ readonly size: number; readonly body: Readable } | null> {
  const run = await findRunRow(db.read, runId);
  const key = run ? locatedKey(run.artifactUri, path) : null;
  if (key === null) return null;
  const blob = await blobs.get(key);
  return blob && { size: blob.info.size, body: blob.body };
}
