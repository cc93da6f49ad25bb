import { chunkStream } from './chunk-stream.ts';
import type { Hashing } from './hashing.ts';
import type { ChunkRef, ManifestFile } from './manifest.ts';

/** A chunk with its bytes, ready to be sent. */
export interface Chunk {
  readonly hash: string;
  readonly bytes: Uint8Array;
}

/**
 * Cuts and hashes one file in constant memory. Each chunk is handed to `onChunk` in order, which
 * may keep it, and slows the reading down by what it awaits. Answers the file's manifest entry.
 */
export async function chunkFile(
  path: string,
  source: AsyncIterable<Uint8Array>,
  hashing: Hashing,
  onChunk: (chunk: Chunk) => Promise<void> | void,
): Promise<ManifestFile> {
  const whole = hashing.start();
  const chunks: ChunkRef[] = [];
  let size = 0;
  for await (const bytes of chunkStream(source)) {
    whole.update(bytes);
    const hash = await hashing.digest(bytes);
    chunks.push([hash, bytes.length]);
    size += bytes.length;
    await onChunk({ hash, bytes });
  }
  return { path, size, sha256: whole.digest(), chunks };
}
