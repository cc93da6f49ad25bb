import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { webHashing } from './hashing.ts';
import { createSha256 } from './sha256.ts';

test('SHA-256 in pieces is what node:crypto computes at once', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }), (pieces) => {
      const hash = createSha256();
      for (const piece of pieces) hash.update(piece);
      expect(hash.digest()).toBe(createHash('sha256').update(Buffer.concat(pieces)).digest('hex'));
    }),
  );
});

test('lengths beyond 2^32 bits are written into the padding in full', () => {
  const piece = new Uint8Array(1 << 20);
  const hash = createSha256();
  const expected = createHash('sha256');
  for (let i = 0; i < 513; i++) {
    hash.update(piece);
    expected.update(piece);
  }
  expect(hash.digest()).toBe(expected.digest('hex'));
}, 60_000);

test('WebCrypto gives the digest of a chunk as lower-case hex', async () => {
  expect(await webHashing.digest(new TextEncoder().encode('abc'))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});
