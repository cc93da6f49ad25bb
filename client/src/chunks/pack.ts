import { MAX_CHUNK } from './find-cut.ts';
import { hex } from './hashing.ts';
import { isHash } from './manifest.ts';

/**
 * A pack carries many chunks in one request. It starts with the eight bytes `BUCLEPK1`; then
 * each chunk: hash (32 bytes), codec (1 byte), length and stored length (4 bytes each,
 * little-endian), and the stored bytes. The hash is always that of the chunk before any codec.
 */
export const PACK_MAGIC = new TextEncoder().encode('BUCLEPK1');
export const CHUNK_HEADER_BYTES = 41;
/** The largest pack that a server takes. */
export const MAX_PACK_BYTES = 64 * 1024 * 1024;

export const CODECS = ['none', 'zstd'] as const;
export type Codec = (typeof CODECS)[number];

export interface PackedChunk {
  readonly hash: string;
  readonly codec: Codec;
  /** Bytes of the chunk itself. */
  readonly length: number;
  /** What the pack holds: the chunk after the codec, never longer than the chunk. */
  readonly stored: Uint8Array;
}

export type ChunkHeader = Omit<PackedChunk, 'stored'> & {
  readonly storedLength: number;
};

export class PackError extends Error {
  override readonly name = 'PackError';
}

export function encodeChunkHeader(chunk: PackedChunk): Uint8Array {
  if (!isHash(chunk.hash)) throw new PackError(`${chunk.hash} is no hash of a chunk.`);
  const header = new Uint8Array(CHUNK_HEADER_BYTES);
  for (let i = 0; i < 32; i++) header[i] = Number.parseInt(chunk.hash.slice(2 * i, 2 * i + 2), 16);
  header[32] = CODECS.indexOf(chunk.codec);
  const view = new DataView(header.buffer);
  view.setUint32(33, chunk.length, true);
  view.setUint32(37, chunk.stored.length, true);
  return header;
}

/** Reads the 41 bytes before a chunk's bytes. Throws {@link PackError}, so no size is ever trusted. */
export function decodeChunkHeader(bytes: Uint8Array): ChunkHeader {
  if (bytes.length !== CHUNK_HEADER_BYTES) throw new PackError('The pack ends inside a chunk.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const codec = CODECS[bytes[32] as number];
  const length = view.getUint32(33, true);
  const storedLength = view.getUint32(37, true);
  if (codec === undefined) throw new PackError(`The pack names the codec ${bytes[32]}, which does not exist.`);
  if (length < 1 || length > MAX_CHUNK)
    throw new PackError(`The pack has a chunk of ${length} bytes; at most ${MAX_CHUNK} are allowed.`);
  if (storedLength < 1 || storedLength > length || (codec === 'none' && storedLength !== length)) {
    throw new PackError(`The pack stores a chunk of ${length} bytes in ${storedLength} as ${codec}.`);
  }
  return { hash: hex(bytes.subarray(0, 32)), codec, length, storedLength };
}

/** All pieces of a pack, to be sent one after another. */
export function* encodePack(chunks: Iterable<PackedChunk>): Generator<Uint8Array> {
  yield PACK_MAGIC;
  for (const chunk of chunks) {
    yield encodeChunkHeader(chunk);
    yield chunk.stored;
  }
}

export type PackPart = {
  readonly header: ChunkHeader;
  readonly stored: Uint8Array;
};

/**
 * Reads a pack as it arrives, one chunk at a time; holds no more than a chunk and what the
 * source handed over. Throws {@link PackError} for anything that is no pack, also for an early end.
 */
export async function* decodePack(source: AsyncIterable<Uint8Array>): AsyncGenerator<PackedChunk> {
  const reader = pieceReader(source);
  const magic = await reader(PACK_MAGIC.length);
  if (magic.length !== PACK_MAGIC.length || magic.some((byte, i) => byte !== PACK_MAGIC[i])) {
    throw new PackError('This is no pack: it does not start with BUCLEPK1.');
  }
  for (;;) {
    const head = await reader(CHUNK_HEADER_BYTES);
    if (head.length === 0) return;
    const header = decodeChunkHeader(head);
    const stored = await reader(header.storedLength);
    if (stored.length !== header.storedLength) throw new PackError('The pack ends inside a chunk.');
    const { storedLength: _, ...chunk } = header;
    yield { ...chunk, stored };
  }
}

/** Answers exactly the bytes asked for, or fewer at the end of the source. */
function pieceReader(source: AsyncIterable<Uint8Array>): (wanted: number) => Promise<Uint8Array> {
  const pieces = source[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  return async (wanted) => {
    const result = new Uint8Array(wanted);
    let filled = 0;
    while (filled < wanted) {
      if (rest.length === 0) {
        const next = await pieces.next();
        if (next.done === true) return result.slice(0, filled);
        rest = next.value;
        continue;
      }
      const taken = rest.subarray(0, wanted - filled);
      result.set(taken, filled);
      filled += taken.length;
      rest = rest.subarray(taken.length);
    }
    return result;
  };
}
