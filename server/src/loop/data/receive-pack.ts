import { Readable } from 'node:stream';
import {
  CHUNK_HEADER_BYTES,
  decodePack,
  encodeChunkHeader,
  MAX_PACK_BYTES,
  PACK_MAGIC,
  PackError,
  type PackedChunk,
} from '@bucle/client/chunks';
import type { Context } from '../../context.ts';
import { uuidv7 } from '../../platform/ids.ts';
import { type ChunkPlace, deletePack, insertPack, storePack } from './chunk.store.ts';
import { decodeChunk } from './decode-chunk.ts';
import { dataErrors } from './errors.ts';

/** Chunks of one pack, and hashes of one question. */
export const MAX_CHUNKS = 5_000;

/** So many are expanded at once, on the thread pool. */
const GROUP = 16;

export function packKey(id: string): string {
  return `packs/${id.slice(-2)}/${id}`;
}

/**
 * Takes a pack in constant memory: each chunk is verified before it is written, and when this
 * resolves all of them are on disk and known. One bad chunk refuses the pack. @throws DATA_INVALID_PACK
 */
export async function receivePack(
  { db, blobs, clock }: Pick<Context, 'db' | 'blobs' | 'clock'>,
  source: AsyncIterable<Uint8Array>,
): Promise<{ chunks: number; added: number }> {
  const id = uuidv7(clock.now());
  const places: ChunkPlace[] = [];
  const refusal: { error?: unknown } = {};
  await db.transaction((trx) => insertPack(trx, { id, created_at: clock.now() }));
  try {
    const body = Readable.from(keepError(verified(source, id, places), refusal), { objectMode: false });
    const { size } = await blobs.put(packKey(id), body);
    const added = await db.transaction((trx) => storePack(trx, { id, bytes: size }, places));
    if (added === 0) await discard();
    return { chunks: places.length, added };
  } catch (error) {
    await discard().catch(() => undefined);
    const cause = refusal.error ?? error;
    throw cause instanceof PackError ? dataErrors.INVALID_PACK({ problem: cause.message }, { cause }) : cause;
  }

  // The row decides: a commit whose answer was lost may have stored the pack after all.
  async function discard() {
    if (await db.transaction((trx) => deletePack(trx, id))) await blobs.delete(packKey(id));
  }
}

/** The pack again, chunk by chunk, as far as it is sound; notes where each chunk lies. */
async function* verified(
  source: AsyncIterable<Uint8Array>,
  pack: string,
  places: ChunkPlace[],
): AsyncGenerator<Uint8Array> {
  let at = PACK_MAGIC.length;
  yield PACK_MAGIC;
  for await (const group of groupsOf(decodePack(bounded(source)), GROUP)) {
    if (places.length + group.length > MAX_CHUNKS) throw new PackError(`It has more than ${MAX_CHUNKS} chunks.`);
    const decoded = await Promise.all(group.map(decodeChunk));
    for (const [i, chunk] of group.entries()) {
      const { hash, codec, length, stored } = chunk;
      if (decoded[i] === null) throw new PackError(`The bytes sent for the chunk ${hash} do not have that hash.`);
      places.push({ hash, pack, at: at + CHUNK_HEADER_BYTES, stored: stored.length, length, codec });
      yield encodeChunkHeader(chunk);
      yield stored;
      at += CHUNK_HEADER_BYTES + stored.length;
    }
  }
}

async function* bounded(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const piece of source) {
    total += piece.length;
    if (total > MAX_PACK_BYTES) throw new PackError(`It has more than ${MAX_PACK_BYTES} bytes.`);
    yield piece;
  }
}

async function* groupsOf(chunks: AsyncIterable<PackedChunk>, size: number): AsyncGenerator<PackedChunk[]> {
  let group: PackedChunk[] = [];
  for await (const chunk of chunks) {
    group.push(chunk);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** A blob store may wrap what the source throws; the first error is the one to tell. */
async function* keepError<T>(source: AsyncIterable<T>, kept: { error?: unknown }): AsyncGenerator<T> {
  try {
    yield* source;
  } catch (error) {
    kept.error = error;
    throw error;
  }
}
