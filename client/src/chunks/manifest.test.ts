import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chunkFile } from './chunk-file.ts';
import { deterministicBytes } from './deterministic-bytes.fixture.ts';
import { webHashing } from './hashing.ts';
import { canonicalManifest, createManifest, type ManifestFile, manifestId, parseManifest } from './manifest.ts';
import { comparePaths, pathProblem } from './manifest-path.ts';

const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');

function oneChunk(path: string, text = path): ManifestFile {
  const bytes = new TextEncoder().encode(text);
  return {
    path,
    size: bytes.length,
    sha256: sha256(bytes),
    chunks: [[sha256(bytes), bytes.length]],
  };
}

async function* whole(bytes: Uint8Array) {
  yield bytes;
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../docs/manifest-v1.vectors.json', import.meta.url), 'utf8'),
) as { manifest: { canonical: string; id: string }; large_manifest_id: string };

describe('the id of a version', () => {
  test('a small folder has the canonical form and the id of the format', async () => {
    const manifest = createManifest([
      oneChunk('readme.md', 'Flights of 2013\n'),
      oneChunk('data/ｆ.csv', 'a,b\n1,2\n'),
      oneChunk('data/😀 "x".csv', 'a\n'),
      { path: 'empty', size: 0, sha256: sha256(''), chunks: [] },
    ]);
    expect(canonicalManifest(manifest)).toBe(vectors.manifest.canonical);
    expect(await manifestId(manifest, webHashing)).toBe(vectors.manifest.id);
  });

  test('a large file has the id of the format', async () => {
    const bytes = deterministicBytes(1_000_000, 1);
    const file = await chunkFile('random.bin', whole(bytes), webHashing, () => {});
    expect(file.sha256).toBe(sha256(bytes));
    expect(file.chunks.length).toBeGreaterThan(5);
    expect(await manifestId(createManifest([file]), webHashing)).toBe(vectors.large_manifest_id);
  });

  test('the order in which files were found does not matter', () => {
    const files = ['b', 'a/z', 'a', 'ü', 'a-b'].map((path) => oneChunk(path === 'a' ? 'a0' : path));
    expect(canonicalManifest(createManifest(files.toReversed()))).toBe(canonicalManifest(createManifest(files)));
  });

  test('the canonical form is what JSON.parse reads back', () => {
    const manifest = createManifest([oneChunk('a/b.csv'), oneChunk('"\\ü')]);
    expect(parseManifest(JSON.parse(canonicalManifest(manifest)))).toEqual(manifest);
  });
});

describe('paths', () => {
  test('are sorted by the bytes of UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(Math.sign(comparePaths(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  test.each([
    ['', 'is empty'],
    ['/etc/passwd', 'is absolute'],
    ['../x', 'contains ".."'],
    ['a/../b', 'contains ".."'],
    ['a/./b', 'contains "."'],
    ['a//b', 'contains an empty name'],
    ['a/', 'contains an empty name'],
    ['a\u0000b', 'contains a control character'],
    ['a\u001b[2Jb', 'contains a control character'],
    ['\ud800', 'is no valid Unicode'],
    [`${'n'.repeat(256)}`, 'contains a name longer than 255 bytes'],
    [`${'ü'.repeat(128)}`, 'contains a name longer than 255 bytes'],
    [Array(300).fill('abcd').join('/'), 'is longer than 1024 bytes'],
  ])('%j is refused', (path, problem) => {
    expect(pathProblem(path)).toBe(problem);
  });

  test.each(['a', '.hidden', 'a..b', '...', 'a b/ü/😀.csv', 'C:\\x'])('%j is accepted', (path) => {
    expect(pathProblem(path)).toBeNull();
  });
});

describe('a manifest is refused', () => {
  const good = oneChunk('a');
  const manifest = (...files: unknown[]) => ({
    format: 'bucle.manifest.v1',
    files,
  });
  test.each<[string, unknown, string]>([
    ['of another format', { format: 'x', files: [good] }, 'The format "x" is not bucle.manifest.v1.'],
    ['without files', manifest(), 'A manifest lists at least one file.'],
    ['that is a list', [], 'This is not a manifest.'],
    ['with unknown fields', { ...manifest(good), extra: 1 }, '"extra" is no field of a manifest.'],
    ['with unknown fields of a file', manifest({ ...good, mode: 1 }), '"mode" is no field of a file of a manifest.'],
    ['with a path twice', manifest(good, good), 'The path "a" is listed twice.'],
    ['out of order', manifest(oneChunk('b'), good), 'The path "a" is not in order (by bytes of UTF-8).'],
    ['with a file that is a folder', manifest(good, oneChunk('a/b')), 'The path "a" is a file and a folder.'],
    ['with a path that leaves it', manifest(oneChunk('../a')), 'The path "../a" contains "..".'],
    [
      'with sizes that do not add up',
      manifest({ ...good, size: 2 }),
      'The path "a" has 2 bytes, but its chunks have 1.',
    ],
    [
      'with another hash than its only chunk',
      manifest({ ...good, sha256: sha256('b') }),
      'The path "a" has one chunk, and another sha256 than that chunk.',
    ],
    [
      'with a chunk too large',
      manifest({ ...good, size: 300_000, chunks: [[good.sha256, 300_000]] }),
      'The path "a" has a chunk whose length is not between 1 and 262144.',
    ],
    [
      'with an upper-case hash',
      manifest({ ...good, chunks: [[good.sha256.toUpperCase(), 1]] }),
      'The path "a" has a chunk without a hash of 64 lower-case hex digits.',
    ],
    [
      'with an empty file of another hash',
      manifest({ ...good, size: 0, chunks: [] }),
      'The path "a" is empty, but its sha256 is not that of nothing.',
    ],
  ])('%s', (_, value, message) => {
    expect(() => parseManifest(value)).toThrow(message);
  });
});
