import type { Context } from '../../context.ts';
import { failpoint } from '../../platform/config/failpoint.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import type { JobRun } from '../../platform/jobs/jobs.ts';
import { endpointRef } from '../deploy/index.ts';
import {
  type AgedBatch,
  addRemovals,
  countCaptureBytes,
  deleteBatch,
  doomBlob,
  listOldestBatches,
} from './removal.store.ts';

type Parts = Pick<Context, 'db' | 'clock' | 'config'>;
type Guard = Pick<JobRun, 'fence' | 'signal'>;

const DAY_MS = 86_400_000;
const BATCHES_AT_ONCE = 200;

/** Captures that are older than they are kept, and the oldest ones when all take more than their budget. */
export async function expireCaptures(parts: Parts, guard: Guard): Promise<void> {
  const { config, db, clock } = parts;
  for (const before = clock.now() - config.captureDays * DAY_MS; ; ) {
    const old = await listOldestBatches(db.scan, { before, limit: BATCHES_AT_ONCE });
    if (old.length === 0) break;
    await expire(parts, guard, { batches: old, reason: 'age' });
  }
  for (let excess = (await countCaptureBytes(db.scan)) - config.captureBudget; excess > 0; ) {
    const oldest = await listOldestBatches(db.scan, { before: Number.MAX_SAFE_INTEGER, limit: BATCHES_AT_ONCE });
    const batches: AgedBatch[] = [];
    for (const batch of oldest) {
      if (excess <= 0) break;
      batches.push(batch);
      excess -= batch.bytes;
    }
    if (batches.length === 0) return;
    await expire(parts, guard, { batches, reason: 'budget' });
  }
}

interface Expiring {
  readonly batches: readonly AgedBatch[];
  readonly reason: 'age' | 'budget';
}

async function expire(parts: Parts, { fence, signal }: Guard, { batches, reason }: Expiring): Promise<void> {
  const { db, clock } = parts;
  signal.throwIfAborted();
  const before = (batches.at(-1)?.recordedAt ?? 0) + 1;
  failpoint('captures:expired:before');
  await db.transaction(async (trx) => {
    await fence(trx);
    const counts = new Map<string, number>();
    for (const batch of batches) {
      const held = await deleteBatch(trx, batch);
      if (held === null) continue;
      await doomBlob(trx, batch.blob, clock.now());
      for (const { endpoint, captures } of held) counts.set(endpoint, (counts.get(endpoint) ?? 0) + captures);
    }
    for (const [endpoint, captures] of [...counts].sort(([one], [other]) => (one < other ? -1 : 1))) {
      await addRemovals(trx, endpoint, { expired: captures, expiredBefore: before });
      await appendEvent(trx, parts, {
        ...{ type: 'captures.expired', subject: endpointRef(endpoint), actor: 'serve' },
        data: { endpoint, before, captures, reason },
      });
    }
  });
  failpoint('captures:expired:after');
}
