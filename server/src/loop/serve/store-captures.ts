import type { Context } from '../../context.ts';
import { failpoint } from '../../platform/config/failpoint.ts';
import { appendEvent } from '../../platform/events/event.store.ts';
import type { NewEvent } from '../../platform/events/events.ts';
import { uuidv7 } from '../../platform/ids.ts';
import type { Capture } from './capture/capture.ts';
import { BatchError, type BatchHeader, decodeBatch, encodeBatch } from './capture/capture-batch.ts';
import {
  addCounts,
  type CountedCaptures,
  findStored,
  ID_SPAN_MS,
  insertBatch,
  type NewBatch,
  type OffsetRange,
  raiseLoss,
  touchLog,
} from './captures.store.ts';
import { listTombstones } from './erasure.store.ts';
import { eraseRows, type Tombstone } from './erasure.ts';
import { serveErrors } from './errors.ts';
import { countRows, timeOfId } from './prediction.ts';
import { type Erased, mergeErased, recordErased } from './record-erased.ts';

type Parts = Pick<Context, 'db' | 'blobs' | 'clock'>;

/** Captures of one log without gaps, in the order of their offsets. */
interface Part {
  readonly first: number;
  readonly captures: readonly Capture[];
}

/** A part without what was erased before it came. */
interface CleanPart extends Part {
  readonly left: readonly Capture[];
  readonly erased: Erased;
}

/**
 * Keeps what is new of a batch, each offset of a log once, whatever overlaps and whoever sends at the same time: the
 * blobs are written first, then rows that name them, and only if nobody else stored any of it meanwhile.
 * @throws SERVE_BATCH_INVALID, SERVE_CAPTURE_INVALID
 */
export async function storeCaptures(parts: Parts, bytes: Uint8Array): Promise<{ stored: number; duplicates: number }> {
  const { header, captures } = await decodeBatch(bytes).catch(translate);
  const range = { first: header.first, last: header.first + captures.length - 1 };
  const endpoints = [...new Set(captures.map(({ endpoint }) => endpoint))].sort();
  for (;;) {
    const known = await findStored(parts.db.read, header.log, range);
    const tombstones = await listTombstones(parts.db.read, endpoints);
    const fresh = splitParts(captures, header.first, known).map((part) => cleanPart(part, tombstones));
    const batches: NewBatch[] = [];
    for (const part of fresh) {
      const whole = part.captures.length === captures.length && part.erased.length === 0;
      batches.push(await writePart(parts, header, part, whole ? bytes : null));
    }
    const stored = fresh.reduce((sum, part) => sum + part.captures.length, 0);
    failpoint('captures:stored:before');
    const recorded = await recordBatches(parts, { header, range, known, endpoints, tombstones, batches, fresh });
    failpoint('captures:stored:after');
    if (recorded) {
      return { stored, duplicates: captures.length - stored };
    }
    for (const { blob } of batches) await parts.blobs.delete(blob);
  }
}

function translate(error: unknown): never {
  if (!(error instanceof BatchError)) throw error;
  const make = error.offset === null ? serveErrors.BATCH_INVALID : serveErrors.CAPTURE_INVALID;
  throw make({ problem: error.message, offset: error.offset }, { cause: error });
}

/** What is not stored yet, cut where offsets are missing and where the ids would span too much. */
function splitParts(captures: readonly Capture[], first: number, known: readonly OffsetRange[]): Part[] {
  const parts: { first: number; captures: Capture[] }[] = [];
  let [least, most] = [0, 0];
  let stored = 0;
  let open = false;
  for (const [index, capture] of captures.entries()) {
    const offset = first + index;
    while ((known[stored]?.last ?? Number.POSITIVE_INFINITY) < offset) stored += 1;
    const isStored = (known[stored]?.first ?? Number.POSITIVE_INFINITY) <= offset;
    const time = timeOfId(capture.id);
    [least, most] = [Math.min(least, time), Math.max(most, time)];
    if (isStored) open = false;
    else if (open && most - least <= ID_SPAN_MS) parts.at(-1)?.captures.push(capture);
    else {
      parts.push({ first: offset, captures: [capture] });
      [least, most, open] = [time, time, true];
    }
  }
  return parts;
}

function cleanPart(part: Part, tombstones: readonly Tombstone[]): CleanPart {
  if (tombstones.length === 0) return { ...part, left: part.captures, erased: [] };
  const cleaned = part.captures.map((capture) => ({ ...eraseRows(capture, tombstones), endpoint: capture.endpoint }));
  return { ...part, left: cleaned.flatMap(({ left }) => left ?? []), erased: mergeErased(cleaned) };
}

async function writePart(
  { blobs, clock }: Parts,
  header: BatchHeader,
  { first, captures, left }: CleanPart,
  asItCame: Uint8Array | null,
): Promise<NewBatch> {
  const now = clock.now();
  const key = captureKey(now);
  const { size } = await blobs.put(key, asItCame ?? (await encodePart(header, { first, captures: left })));
  const ids = captures.map(({ id }) => id);
  const times = captures.flatMap(eventTimes);
  const groups = Map.groupBy(left, ({ endpoint }) => endpoint);
  return {
    log: header.log,
    first_offset: first,
    last_offset: first + captures.length - 1,
    min_id: ids.reduce(smaller),
    max_id: ids.reduce(larger),
    min_event_time: times.reduce(smaller),
    max_event_time: times.reduce(larger),
    blob: key,
    bytes: size,
    recorded_at: now,
    endpoints: [...groups].map(([endpoint, those]) => ({
      endpoint,
      min_id: those.map(({ id }) => id).reduce(smaller),
      max_id: those.map(({ id }) => id).reduce(larger),
      min_event_time: those.flatMap(eventTimes).reduce(smaller),
      max_event_time: those.flatMap(eventTimes).reduce(larger),
      captures: those.length,
    })),
  };
}

function eventTimes({ event_time, event_times }: Capture): readonly number[] {
  return event_times === null || event_times === undefined || event_times.length === 0 ? [event_time] : event_times;
}

/** A blob of its own for each batch, in the folder of its day. */
export function captureKey(now: number): string {
  return `captures/${new Date(now).toISOString().slice(0, 10)}/${uuidv7(now)}`;
}

function encodePart(header: BatchHeader, { first, captures }: Part): Promise<Uint8Array> {
  const lines = captures.map((capture) => `${JSON.stringify(capture)}\n`).join('');
  return encodeBatch({ ...header, first, count: captures.length }, Buffer.from(lines));
}

interface Recording {
  readonly header: BatchHeader;
  readonly range: OffsetRange;
  /** What was stored when the blobs were written. */
  readonly known: readonly OffsetRange[];
  readonly endpoints: readonly string[];
  /** What had to be left out by then. */
  readonly tombstones: readonly Tombstone[];
  readonly batches: readonly NewBatch[];
  readonly fresh: readonly CleanPart[];
}

/** False when somebody stored some of it since, or asked to forget some of it. */
function recordBatches(parts: Parts, recording: Recording): Promise<boolean> {
  const { db, clock } = parts;
  const { header, range, known, endpoints, tombstones, batches, fresh } = recording;
  const { log, gateway, losses } = header;
  const counts = countCaptures(fresh.flatMap(({ left }) => left));
  return db.transaction(async (trx) => {
    await db.lock(trx, `captures:${log}`);
    if (!sameRanges(await findStored(trx, log, range), known)) return false;
    for (const endpoint of endpoints) await db.lock(trx, erasureLock(endpoint));
    if (!sameTombstones(await listTombstones(trx, endpoints), tombstones)) return false;
    for (const batch of batches) {
      await insertBatch(trx, batch);
      await appendEvent(trx, parts, toStored(batch, gateway));
    }
    const actor = `gateway:${gateway}`;
    for (const { first, erased } of fresh) await recordErased(trx, parts, { log, first, erased, actor, cause: null });
    for (const counted of counts) await addCounts(trx, counted);
    for (const loss of losses) await raiseLoss(trx, log, loss);
    await touchLog(trx, { id: log, gateway, next: range.last + 1, now: clock.now() });
    return true;
  });
}

/** Who asks to forget waits for those who store, and they for him: nothing slips in between. */
export function erasureLock(endpoint: string): string {
  return `captures-erased:${endpoint}`;
}

function toStored({ log, first_offset: first, endpoints, max_event_time }: NewBatch, gateway: string): NewEvent {
  return {
    type: 'captures.stored',
    subject: `captures:${log}@${first}`,
    actor: `gateway:${gateway}`,
    eventTime: max_event_time,
    data: { log, first, endpoints: endpoints.map(({ endpoint, captures }) => ({ endpoint, captures })) },
  };
}

function sameTombstones(some: readonly Tombstone[], others: readonly Tombstone[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ keySha256, until }, i) => others[i]?.keySha256 === keySha256 && others[i]?.until === until)
  );
}

/** In one order for everybody, so that two transactions never wait for each other. */
function countCaptures(captures: readonly Capture[]): CountedCaptures[] {
  const groups = Map.groupBy(captures, ({ endpoint, deployment }) => `${endpoint}\0${deployment}`);
  return [...groups.keys()].sort().flatMap((key) => {
    const those = groups.get(key) ?? [];
    const [one] = those;
    if (!one) return [];
    return [
      {
        endpoint: one.endpoint,
        deployment: one.deployment,
        captured: those.length,
        row_count: those.reduce((sum, capture) => sum + countRows(capture), 0),
        last_received_at: those.map(({ received_at }) => received_at).reduce(larger),
        last_event_time: those.map(({ event_time }) => event_time).reduce(larger),
      },
    ];
  });
}

function sameRanges(some: readonly OffsetRange[], others: readonly OffsetRange[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ first, last }, i) => others[i]?.first === first && others[i]?.last === last)
  );
}

function smaller<T extends string | number>(one: T, other: T): T {
  return other < one ? other : one;
}

function larger<T extends string | number>(one: T, other: T): T {
  return other > one ? other : one;
}
