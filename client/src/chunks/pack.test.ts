import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodePack, encodePack, PackError, type PackedChunk } from './pack.ts';

function chunk(text: string): PackedChunk {
  const stored = new TextEncoder().encode(text);
  return {
    hash: createHash('sha256').update(stored).digest('hex'),
    codec: 'none',
    length: stored.length,
    stored,
  };
}

const bytesOf = (chunks: PackedChunk[]) => Buffer.concat([...encodePack(chunks)]);

async function* inPieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Uint8Array, size = 1000): Promise<PackedChunk[]> {
  const chunks: PackedChunk[] = [];
  for await (const one of decodePack(inPieces(bytes, size))) chunks.push(one);
  return chunks;
}

test('a pack is read back whole, however it arrives', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ minLength: 1, maxLength: 300 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 500 }),
      async (texts, size) => {
        const chunks = texts.map(chunk);
        expect(await read(bytesOf(chunks), size)).toEqual(chunks);
      },
    ),
    { numRuns: 50 },
  );
});

test('a pack that ends early is refused wherever it ends', async () => {
  const bytes = bytesOf([chunk('abc'), chunk('defg')]);
  const boundaries = [8, 8 + 41 + 3, bytes.length];
  for (let end = 0; end < bytes.length; end++) {
    if (boundaries.includes(end)) continue;
    await expect(read(bytes.subarray(0, end))).rejects.toThrow(PackError);
  }
});

test('headers that lie about sizes or codecs are refused before anything is allocated', async () => {
  const changed = (offset: number, value: number) => {
    const bytes = bytesOf([chunk('abc')]);
    bytes.writeUInt32LE(value, 8 + offset);
    return bytes;
  };
  await expect(read(changed(33, 300_000))).rejects.toThrow(
    'The pack has a chunk of 300000 bytes; at most 262144 are allowed.',
  );
  await expect(read(changed(37, 0xffffffff))).rejects.toThrow(
    'The pack stores a chunk of 3 bytes in 4294967295 as none.',
  );
  await expect(read(changed(37, 0))).rejects.toThrow('The pack stores a chunk of 3 bytes in 0 as none.');
  await expect(read(changed(32, 9))).rejects.toThrow(PackError);
  await expect(read(new TextEncoder().encode('PK345678'))).rejects.toThrow('This is no pack');
});
