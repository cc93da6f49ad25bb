import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import type { PackedChunk } from '@bucle/client/chunks';

const decompress = promisify(zstdDecompress);

/** The bytes of a chunk, or null when they are not what its hash and length say. Bounded by the length, whatever the stored bytes claim. */
export async function decodeChunk(chunk: PackedChunk): Promise<Uint8Array | null> {
  const bytes = chunk.codec === 'none' ? chunk.stored : await expand(chunk);
  if (bytes === null || bytes.length !== chunk.length) return null;
  return hash('sha256', bytes) === chunk.hash ? bytes : null;
}

async function expand({ stored, length }: PackedChunk): Promise<Uint8Array | null> {
  return decompress(stored, { maxOutputLength: length }).catch(() => null);
}
