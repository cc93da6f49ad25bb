import type { Context } from '../../context.ts';
import { failpoint } from '../../platform/config/failpoint.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import type { JobHandler, JobRun } from '../../platform/jobs/jobs.ts';
import { formatDatasetRef, listVersionsMentioning } from '../data/index.ts';
import { endpointRef } from '../deploy/index.ts';
import { decodeBatch, encodeBatch } from './capture/capture-batch.ts';
import { type BatchPlace, findBlob } from './captures.store.ts';
import { deleteDoomedBlobs } from './delete-doomed-blobs.ts';
import { ERASE_KIND } from './erase-captures.ts';
import {
  addErased,
  findErasure,
  finishErasure,
  listBatchesToErase,
  moveBatch,
  moveErasure,
  setEndpointCaptures,
} from './erasure.store.ts';
import { type Erasure, eraseRows } from './erasure.ts';
import { serveErrors } from './errors.ts';
import { readBlob } from './read-captures.ts';
import { mergeErased, recordErased } from './record-erased.ts';
import { doomBlob } from './removal.store.ts';
import { captureKey } from './store-captures.ts';

type Parts = Pick<Context, 'db' | 'blobs' | 'clock'>;
type Running = NonNullable<Awaited<ReturnType<typeof findErasure>>>;

const BATCHES_AT_ONCE = 20;

/** Rewrites every batch that holds the key, one transaction each; after a crash it goes on where it was. */
export function erasureHandler(parts: Parts): JobHandler {
  return {
    kind: ERASE_KIND,
    async handle(run) {
      const { erasure: id } = run.job.payload as { erasure: string };
      const erasure = await findErasure(parts.db.read, id);
      if (!erasure || erasure.state === 'done') return undefined;
      for (let { position } = erasure; ; ) {
        const batches = await listBatchesToErase(parts.db.scan, erasure.endpoint, {
          after: position,
          limit: BATCHES_AT_ONCE,
        });
        const last = batches.at(-1);
        if (last === undefined) break;
        for (const batch of batches) {
          run.signal.throwIfAborted();
          await eraseFromBatch(parts, run, { erasure, batch });
        }
        await deleteDoomedBlobs(parts);
        await parts.db.transaction(async (trx) => {
          await run.fence(trx);
          await moveErasure(trx, id, last, batches.length);
        });
        position = last;
      }
      // Doomed by an attempt that was killed in the middle.
      await deleteDoomedBlobs(parts);
      await finish(parts, run, erasure);
      return undefined;
    },
  };
}

interface Rewriting {
  readonly erasure: Running;
  readonly batch: BatchPlace;
}

async function eraseFromBatch(parts: Parts, run: JobRun, { erasure, batch }: Rewriting): Promise<void> {
  for (let place: BatchPlace = batch; ; ) {
    const stored = await readBlob(parts, place);
    if (stored === null) return;
    place = { ...place, blob: stored.blob };
    if (await rewrite(parts, run, { erasure, batch: place, bytes: stored.bytes })) return;
    const blob = await findBlob(parts.db.read, place);
    if (blob === null) return;
    place = { ...place, blob };
  }
}

/** False when the batch moved meanwhile. */
async function rewrite(
  parts: Parts,
  run: JobRun,
  { erasure, batch, bytes }: Rewriting & { readonly bytes: Uint8Array },
): Promise<boolean> {
  const { db, blobs, clock } = parts;
  const { endpoint, keySha256, requestedAt } = erasure;
  const { header, captures } = await decodeBatch(bytes).catch((cause: unknown) => {
    throw serveErrors.CAPTURES_DAMAGED({ blob: batch.blob }, { cause });
  });
  const cleaned = captures.map((capture) => ({
    ...eraseRows(capture, [{ endpoint, keySha256, until: requestedAt }]),
    endpoint: capture.endpoint,
  }));
  const erased = mergeErased(cleaned);
  if (erased.length === 0) return true;
  const left = cleaned.flatMap((one) => one.left ?? []);
  const lines = Buffer.from(left.map((capture) => `${JSON.stringify(capture)}\n`).join(''));
  const blob = captureKey(clock.now());
  const { size } = await blobs.put(blob, await encodeBatch({ ...header, count: left.length }, lines));
  failpoint('erasure:rewritten:before');
  const moved = await db.transaction(async (trx) => {
    await run.fence(trx);
    if (!(await moveBatch(trx, batch, { blob, bytes: size }))) return false;
    const remaining = left.filter((capture) => capture.endpoint === endpoint).length;
    await setEndpointCaptures(trx, batch, { endpoint, captures: remaining });
    await doomBlob(trx, batch.blob, clock.now());
    await addErased(
      trx,
      erasure.id,
      erased.reduce((sum, { ids }) => sum + ids.length, 0),
    );
    const { log, first } = batch;
    await recordErased(trx, parts, { log, first, erased, actor: erasure.actor, cause: erasure.event });
    return true;
  });
  failpoint('erasure:rewritten:after');
  if (!moved) await blobs.delete(blob);
  return moved;
}

async function finish(parts: Parts, run: JobRun, { id, endpoint, keySha256, actor, event }: Running): Promise<void> {
  const { db, clock } = parts;
  const frozen = await listVersionsMentioning(db.scan, endpointRef(endpoint));
  const versions = frozen.map(formatDatasetRef);
  await db.transaction(async (trx) => {
    await run.fence(trx);
    const { predictions } = (await findErasure(trx, id)) as Erasure;
    if (!(await finishErasure(trx, id, { now: clock.now(), versions }))) return;
    await appendEvent(trx, parts, {
      ...{ type: 'captures.erasure_finished', subject: endpointRef(endpoint), actor, cause: event },
      data: { erasure: id, key_sha256: keySha256, predictions, not_erasable: versions },
    });
  });
}
