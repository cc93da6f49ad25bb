import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chunkStream } from './chunk-stream.ts';
import { deterministicBytes, deterministicText } from './deterministic-bytes.fixture.ts';
import { chunkLengths, MAX_CHUNK, MIN_CHUNK } from './find-cut.ts';
import { gearTable } from './gear.ts';

interface Vector {
  readonly input: 'xorshift32' | 'text' | 'zeros';
  readonly seed?: number;
  readonly length: number;
  readonly chunks: readonly number[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../docs/manifest-v1.vectors.json', import.meta.url), 'utf8'),
) as { gear_sha256: string; chunks: Vector[] };

function inputOf(vector: Vector): Uint8Array {
  if (vector.input === 'zeros') return new Uint8Array(vector.length);
  if (vector.input === 'text') return deterministicText(vector.length);
  return deterministicBytes(vector.length, vector.seed ?? 1);
}

function hashesOf(bytes: Uint8Array): string[] {
  let start = 0;
  return chunkLengths(bytes).map((length) => {
    start += length;
    return createHash('sha256')
      .update(bytes.subarray(start - length, start))
      .digest('hex');
  });
}

describe('the frozen format', () => {
  test('the gear table has the digest that the format froze', () => {
    const bytes = Buffer.alloc(1024);
    gearTable().forEach((value, i) => {
      bytes.writeInt32LE(value, 4 * i);
    });
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(vectors.gear_sha256);
  });

  test('the vectors are there', () => {
    expect(vectors.chunks.map(({ input }) => input)).toEqual([
      'xorshift32',
      'xorshift32',
      'xorshift32',
      'xorshift32',
      'text',
      'zeros',
    ]);
  });

  test.each(vectors.chunks)('$input of $length bytes is cut where the format says', (vector) => {
    expect(chunkLengths(inputOf(vector))).toEqual(vector.chunks);
  });
});

describe('cutting', () => {
  const content = fc
    .record({
      length: fc.integer({ min: 0, max: 3 * 1024 * 1024 }),
      seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    })
    .map(({ length, seed }) => deterministicBytes(length, seed));

  test('the chunks of a stream are those of the whole, and put together they are the file, however it arrives', async () => {
    await fc.assert(
      fc.asyncProperty(
        content,
        fc.array(fc.integer({ min: 1, max: 700_000 }), {
          minLength: 1,
          maxLength: 8,
        }),
        async (bytes, sizes) => {
          async function* pieces() {
            for (let at = 0, i = 0; at < bytes.length; i++) {
              const size = sizes[i % sizes.length] as number;
              yield bytes.subarray(at, at + size);
              at += size;
            }
          }
          const chunks: Uint8Array[] = [];
          for await (const chunk of chunkStream(pieces())) chunks.push(chunk);
          expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
          expect(chunks.map(({ length }) => length)).toEqual(chunkLengths(bytes));
        },
      ),
      { numRuns: 40 },
    );
  });

  test('every chunk but the last has between 16 and 256 KiB, and a file below 256 KiB is one chunk', () => {
    fc.assert(
      fc.property(content, (bytes) => {
        const lengths = chunkLengths(bytes);
        if (bytes.length > 0 && bytes.length < MAX_CHUNK) expect(lengths).toEqual([bytes.length]);
        for (const length of lengths.slice(0, -1)) {
          expect(length).toBeGreaterThanOrEqual(MIN_CHUNK);
          expect(length).toBeLessThanOrEqual(MAX_CHUNK);
        }
        if (lengths.length > 0) expect(lengths.at(-1)).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });

  test('an edit anywhere costs a few chunks near it', () => {
    const original = deterministicBytes(8 * 1024 * 1024, 7);
    const known = new Set(hashesOf(original));
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: original.length }),
        fc.integer({ min: 0, max: 500 }),
        fc.uint8Array({ maxLength: 100 }),
        (at, removed, inserted) => {
          const edited = Buffer.concat([original.subarray(0, at), inserted, original.subarray(at + removed)]);
          const fresh = hashesOf(edited).filter((hash) => !known.has(hash));
          expect(fresh.length).toBeLessThanOrEqual(6);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('random bytes give chunks of 56 to 88 KiB on average', () => {
    const bytes = deterministicBytes(16 * 1024 * 1024, 42);
    const mean = bytes.length / chunkLengths(bytes).length / 1024;
    expect(mean).toBeGreaterThan(56);
    expect(mean).toBeLessThan(88);
  });
});
