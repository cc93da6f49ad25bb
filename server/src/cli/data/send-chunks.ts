import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { type Chunk, encodePack, type PackedChunk } from '@bucle/client/chunks';
import type { Io } from '../command.ts';
import { withRetries } from '../retry.ts';

export interface Sent {
  /** Chunks that the server did not have. */
  readonly chunks: number;
  /** Their bytes. */
  readonly bytes: number;
  /** Of these after compression: what went over the network. */
  readonly sentBytes: number;
}

export interface ChunkSender {
  /** Takes a chunk; waits while enough others are under way. */
  add(chunk: Chunk): Promise<void>;
  /** Resolves when all chunks are stored. */
  end(): Promise<Sent>;
}

/** A batch is asked for and sent at once: up to so many bytes and chunks. */
const BATCH_BYTES = 8 * 1024 * 1024;
const BATCH_CHUNKS = 4_000;
const BATCHES_AT_ONCE = 3;
const COMPRESSIONS_AT_ONCE = 4;

const compress = promisify(zstdCompress);

/**
 * Sends the chunks that a server lacks, in packs, a few at once; holds `(BATCHES_AT_ONCE + 1) × BATCH_BYTES`.
 * `onDone` hears the bytes that are stored now, sent or there already.
 */
export function startSending(io: Pick<Io, 'client' | 'note' | 'signal'>, onDone: (bytes: number) => void): ChunkSender {
  const known = new Set<string>();
  const flying = new Set<Promise<void>>();
  const total = { chunks: 0, bytes: 0, sentBytes: 0 };
  let batch: Chunk[] = [];
  let batchBytes = 0;
  let failure: { readonly error: unknown } | undefined;

  async function launch(): Promise<void> {
    const chunks = batch;
    batch = [];
    batchBytes = 0;
    while (flying.size >= BATCHES_AT_ONCE) await Promise.race(flying);
    if (failure) throw failure.error;
    const task = sendBatch(io, chunks)
      .then((sent) => {
        total.chunks += sent.chunks;
        total.bytes += sent.bytes;
        total.sentBytes += sent.sentBytes;
        onDone(chunks.reduce((sum, { bytes }) => sum + bytes.length, 0));
      })
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => flying.delete(task));
    flying.add(task);
  }

  return {
    async add(chunk) {
      if (known.has(chunk.hash)) return onDone(chunk.bytes.length);
      known.add(chunk.hash);
      batch.push(chunk);
      batchBytes += chunk.bytes.length;
      if (batchBytes >= BATCH_BYTES || batch.length >= BATCH_CHUNKS) await launch();
    },
    async end() {
      if (batch.length > 0) await launch();
      while (flying.size > 0) await Promise.race(flying);
      if (failure) throw failure.error;
      return total;
    },
  };
}

async function sendBatch(io: Pick<Io, 'client' | 'note' | 'signal'>, chunks: readonly Chunk[]): Promise<Sent> {
  const { client, signal } = io;
  const hashes = chunks.map(({ hash }) => hash);
  const { missing } = await withRetries(io, () =>
    client.request<{ missing: string[] }>('POST', '/api/v1/chunks/missing', { json: { hashes }, signal }),
  );
  const wanted = new Set(missing);
  const lacking = chunks.filter(({ hash }) => wanted.has(hash));
  if (lacking.length === 0) return { chunks: 0, bytes: 0, sentBytes: 0 };
  const body = Buffer.concat([...encodePack(await packAll(lacking))]);
  const headers = { 'content-type': 'application/vnd.bucle.pack' };
  // Sending it twice does no harm: what is stored already is not stored again.
  await withRetries(io, () => client.request('POST', '/api/v1/chunks', { body, headers, signal }));
  const bytes = lacking.reduce((sum, chunk) => sum + chunk.bytes.length, 0);
  return { chunks: lacking.length, bytes, sentBytes: body.length };
}

// Each compression under way costs memory of its own, many times that of the chunk.
async function packAll(chunks: readonly Chunk[]): Promise<PackedChunk[]> {
  const packed: PackedChunk[] = [];
  const queue = chunks.entries();
  const work = async () => {
    for (const [index, chunk] of queue) packed[index] = await pack(chunk);
  };
  await Promise.all(Array.from({ length: COMPRESSIONS_AT_ONCE }, work));
  return packed;
}

async function pack({ hash, bytes }: Chunk): Promise<PackedChunk> {
  const smaller = await compress(bytes);
  return smaller.length < bytes.length
    ? { hash, codec: 'zstd', length: bytes.length, stored: smaller }
    : { hash, codec: 'none', length: bytes.length, stored: bytes };
}
