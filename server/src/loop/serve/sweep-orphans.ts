import type { Context } from '../../context.ts';
import type { JobRun } from '../../platform/jobs/jobs.ts';
import { findSweptUpTo, listNamedBlobs, setSweptUpTo } from './removal.store.ts';

const DAY_MS = 86_400_000;
const BLOBS_AT_ONCE = 500;
const FOLDER = 'captures';

/**
 * Deletes blobs whose rows never came, because the server died between the two. Each day's folder is looked through
 * once, when nobody can be writing there any more: more than a day after its end.
 */
export async function sweepOrphans(
  { db, blobs, clock }: Pick<Context, 'db' | 'blobs' | 'clock'>,
  { fence, signal }: Pick<JobRun, 'fence' | 'signal'>,
): Promise<void> {
  const sweptUpTo = await findSweptUpTo(db.read, FOLDER);
  const today = new Date(clock.now() - 2 * DAY_MS).toISOString().slice(0, 10);
  for (const { name: day, isDirectory } of await blobs.list(FOLDER)) {
    if (!isDirectory || day <= sweptUpTo || day > today) continue;
    let keys: string[] = [];
    for await (const { key } of blobs.walk(`${FOLDER}/${day}`)) {
      signal.throwIfAborted();
      keys.push(key);
      if (keys.length < BLOBS_AT_ONCE) continue;
      await deleteUnnamed({ db, blobs }, keys);
      keys = [];
    }
    await deleteUnnamed({ db, blobs }, keys);
    await db.transaction(async (trx) => {
      await fence(trx);
      await setSweptUpTo(trx, FOLDER, day);
    });
  }
}

async function deleteUnnamed({ db, blobs }: Pick<Context, 'db' | 'blobs'>, keys: readonly string[]): Promise<void> {
  const named = await listNamedBlobs(db.read, keys);
  for (const key of keys) if (!named.has(key)) await blobs.delete(key);
}
