import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Context } from '../../context.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import { trackErrors } from './errors.ts';
import { findLoggedModelRow, updateLoggedModel } from './logged-model.store.ts';
import type { LoggedModel } from './logged-model.ts';

export const MAX_GOLDEN_BYTES = 16 * 1024 * 1024;
const FORMAT = 'bucle.golden.v1';

type Parts = Pick<Context, 'db' | 'blobs' | 'clock'>;

/**
 * Keeps the golden document of a logged model. One that a job recorded is never replaced by another: then the answer
 * is false and nothing changes; the same bytes again are fine. @throws TRACK_MODEL_NOT_FOUND, TRACK_INVALID_GOLDEN
 */
export async function keepGolden(
  { db, blobs, clock }: Parts,
  { model: id, body, actor }: { readonly model: string; readonly body: Uint8Array; readonly actor: string },
): Promise<boolean> {
  const origin = readOrigin(body, id);
  const sha256 = createHash('sha256').update(body).digest('hex');
  const before = await requireActiveModel({ db }, id);
  if (before.golden?.sha256 === sha256) return true;
  if (before.golden?.origin === 'job') return false;
  await blobs.put(goldenKey(id, sha256), body);
  return db.transaction(async (trx) => {
    await db.lock(trx, `logged-model:${id}`);
    const model = await findLoggedModelRow(trx, id);
    if (!model) throw trackErrors.MODEL_NOT_FOUND({ model: id });
    if (model.golden?.sha256 === sha256) return true;
    if (model.golden?.origin === 'job') return false;
    await updateLoggedModel(trx, id, { golden_origin: origin, golden_sha256: sha256, updated_at: clock.now() });
    const subject = `logged-model:${id}`;
    await appendEvent(trx, { clock }, { type: 'model.golden.recorded', subject, actor, data: { origin, sha256 } });
    return true;
  });
}

/** Null when none was recorded. @throws TRACK_MODEL_NOT_FOUND */
export async function openGolden(
  { db, blobs }: Pick<Parts, 'db' | 'blobs'>,
  id: string,
): Promise<{ readonly sha256: string; readonly size: number; readonly body: Readable } | null> {
  const { golden } = await requireActiveModel({ db }, id);
  if (golden === null) return null;
  const blob = await blobs.get(goldenKey(id, golden.sha256));
  if (blob === null) throw new Error(`The golden document ${golden.sha256} of ${id} has vanished from the blobs.`);
  return { sha256: golden.sha256, size: blob.info.size, body: blob.body };
}

/** @throws TRACK_MODEL_NOT_FOUND also for one that is deleted */
export async function requireActiveModel({ db }: Pick<Parts, 'db'>, id: string): Promise<LoggedModel> {
  const model = await findLoggedModelRow(db.read, id);
  if (model?.lifecycle === 'active') return model;
  throw trackErrors.MODEL_NOT_FOUND({ model: id.slice(0, 100) });
}

/** Only what identifies it is looked at here; who replays it reads the rest. */
function readOrigin(body: Uint8Array, id: string): 'job' | 'rebuilt' {
  const document = parseObject(body);
  if (document['format'] !== FORMAT) throw invalid(`its format is not "${FORMAT}".`);
  if (document['model_id'] !== id) throw invalid(`its model_id is not ${id}.`);
  const { origin } = document;
  if (origin !== 'job' && origin !== 'rebuilt') throw invalid('its origin is neither "job" nor "rebuilt".');
  return origin;
}

function parseObject(body: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch (error) {
    throw invalid(`it is not JSON (${(error as Error).message}).`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('it is not a JSON object.');
  return value as Record<string, unknown>;
}

function goldenKey(model: string, sha256: string): string {
  return `golden/${model}/${sha256}.json`;
}

function invalid(problem: string) {
  return trackErrors.INVALID_GOLDEN({ problem });
}
