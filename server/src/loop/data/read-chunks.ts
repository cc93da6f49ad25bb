import { createHash } from 'node:crypto';
import type { ManifestFile, PackedChunk } from '@bucle/client/chunks';
import type { Context } from '../../context.ts';
import { type ChunkPlace, findChunks } from './chunk.store.ts';
import { decodeChunk } from './decode-chunk.ts';
import { dataErrors } from './errors.ts';
import { MAX_CHUNKS, packKey } from './receive-pack.ts';

/** One request to the blob store covers neighbours: up to this many bytes, over gaps of this many. */
const MAX_SPAN = 8 * 1024 * 1024;
const MAX_GAP = 64 * 1024;

type Parts = Pick<Context, 'db' | 'blobs'>;

/** The stored form of these chunks, in this order; neighbours in a pack are read at once. @throws DATA_CHUNK_NOT_FOUND */
export async function* readChunks({ db, blobs }: Parts, hashes: readonly string[]): AsyncGenerator<PackedChunk> {
  for (let from = 0; from < hashes.length; from += MAX_CHUNKS) {
    const wanted = hashes.slice(from, from + MAX_CHUNKS);
    const found = await findChunks(db.scan, [...new Set(wanted)]);
    const places = wanted.map((hash) => found.get(hash) ?? notFound(hash));
    for (const span of spansOf(places)) yield* readSpan({ blobs }, span);
  }
}

/** Answers at once whether all are there, before anything is sent. @throws DATA_CHUNK_NOT_FOUND */
export async function requireChunks({ db }: Pick<Parts, 'db'>, hashes: readonly string[]): Promise<void> {
  const found = await findChunks(db.scan, [...new Set(hashes)]);
  const missing = hashes.find((hash) => !found.has(hash));
  if (missing !== undefined) notFound(missing);
}

/** The bytes of a file, piece by piece, each verified; at the end the file's own hash too. @throws DATA_DAMAGED */
export async function* readFileChunks(parts: Parts, file: ManifestFile): AsyncGenerator<Uint8Array> {
  const whole = createHash('sha256');
  for await (const chunk of readChunks(
    parts,
    file.chunks.map(([hash]) => hash),
  )) {
    const bytes = await decodeChunk(chunk);
    if (bytes === null) throw dataErrors.DAMAGED({ what: `chunk ${chunk.hash}` });
    whole.update(bytes);
    yield bytes;
  }
  if (whole.digest('hex') !== file.sha256) throw dataErrors.DAMAGED({ what: `file ${file.path}` });
}

function* spansOf(places: readonly ChunkPlace[]): Generator<ChunkPlace[]> {
  let span: ChunkPlace[] = [];
  for (const place of places) {
    if (span.length > 0 && !continues(span, place)) {
      yield span;
      span = [];
    }
    span.push(place);
  }
  if (span.length > 0) yield span;
}

function continues(span: readonly ChunkPlace[], next: ChunkPlace): boolean {
  const first = span[0] as ChunkPlace;
  const last = span.at(-1) as ChunkPlace;
  const end = last.at + last.stored;
  return (
    next.pack === first.pack &&
    next.at >= end &&
    next.at - end <= MAX_GAP &&
    next.at + next.stored - first.at <= MAX_SPAN
  );
}

async function* readSpan({ blobs }: Pick<Parts, 'blobs'>, span: readonly ChunkPlace[]): AsyncGenerator<PackedChunk> {
  const first = span[0] as ChunkPlace;
  const last = span.at(-1) as ChunkPlace;
  const end = last.at + last.stored;
  const blob = await blobs.get(packKey(first.pack), { start: first.at, end: end - 1 });
  if (blob === null) throw dataErrors.DAMAGED({ what: `pack ${first.pack}` });
  const pieces: Uint8Array[] = [];
  for await (const piece of blob.body) pieces.push(piece as Uint8Array);
  const bytes = Buffer.concat(pieces);
  if (bytes.length !== end - first.at) throw dataErrors.DAMAGED({ what: `pack ${first.pack}` });
  for (const { hash, codec, length, at, stored } of span) {
    yield { hash, codec, length, stored: bytes.subarray(at - first.at, at - first.at + stored) };
  }
}

function notFound(hash: string): never {
  throw dataErrors.CHUNK_NOT_FOUND({ hash });
}
