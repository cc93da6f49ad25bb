import { hash as digest } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { type ChunkRef, decodePack, type PackedChunk } from '@bucle/client/chunks';
import type { Io } from '../command.ts';
import { createPatience, type Patience } from '../retry.ts';
import { dataCliErrors } from './errors.ts';

/** One request asks for up to so many bytes and chunks. */
const BATCH_BYTES = 32 * 1024 * 1024;
const BATCH_CHUNKS = 2_000;

const expand = promisify(zstdDecompress);

type Parts = Pick<Io, 'client' | 'note' | 'signal'>;

/**
 * The bytes of these chunks in their order, each verified; holds no more than one chunk and what the network
 * handed over. Where a connection breaks it goes on behind the last chunk. @throws CLI_DAMAGED
 */
export async function* fetchChunks(io: Parts, refs: Iterable<ChunkRef>): AsyncGenerator<Uint8Array> {
  const patience = createPatience(io);
  for (const batch of batchesOf(refs)) yield* fetchBatch(io, batch, patience);
}

async function* fetchBatch(io: Parts, batch: readonly ChunkRef[], patience: Patience): AsyncGenerator<Uint8Array> {
  const { client, signal } = io;
  for (let at = 0; at < batch.length; ) {
    const from = at;
    const hashes = batch.slice(from).map(([hash]) => hash);
    try {
      const response = await client.send('POST', '/api/v1/chunks/fetch', { json: { hashes }, signal });
      for await (const chunk of decodePack(response.body as AsyncIterable<Uint8Array>)) {
        const bytes = await verified(chunk, batch[at]);
        at += 1;
        patience.reset();
        yield bytes;
      }
      if (at === from) throw dataCliErrors.DAMAGED({ what: 'the chunks that were asked for' });
    } catch (error) {
      await patience.wait(error);
    }
  }
}

async function verified(chunk: PackedChunk, wanted: ChunkRef | undefined): Promise<Uint8Array> {
  const [hash, length] = wanted ?? ['nothing', 0];
  const bytes =
    chunk.codec === 'none'
      ? chunk.stored
      : await expand(chunk.stored, { maxOutputLength: chunk.length }).catch(() => null);
  if (bytes === null || bytes.length !== length || digest('sha256', bytes) !== hash) {
    throw dataCliErrors.DAMAGED({ what: `the chunk ${hash}` });
  }
  return bytes;
}

function* batchesOf(refs: Iterable<ChunkRef>): Generator<ChunkRef[]> {
  let batch: ChunkRef[] = [];
  let bytes = 0;
  for (const ref of refs) {
    batch.push(ref);
    bytes += ref[1];
    if (bytes < BATCH_BYTES && batch.length < BATCH_CHUNKS) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}
