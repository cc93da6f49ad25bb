import { mkdir, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { blobKinds, hasBlobs } from '../../../test/blob-stores.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { BlobStore, PartUpload } from './blob-store.ts';
import { openBlobs } from './open-blobs.ts';

/** S3 takes no smaller part, but for the last. */
const MIN_PART = 5 << 20;
const KEY = 'artifacts/0/r/artifacts/big.bin';

const part = (sign: string, size = MIN_PART) => Buffer.alloc(size, sign);

async function put(blobs: BlobStore, upload: PartUpload, number: number, bytes: Buffer) {
  return { number, etag: await blobs.parts.put(upload, number, Readable.from([bytes]), bytes.length) };
}

describe.each(blobKinds.filter(hasBlobs))('a blob in parts on $name', (kind) => {
  const open = async () => {
    const created = await kind.create();
    return { ...created, blobs: await openBlobs(created.config, systemClock) };
  };

  test('may come in any order and again; it appears whole at the end, and not before', async () => {
    await using opened = await open();
    const { blobs } = opened;
    await blobs.put(KEY, Buffer.from('old'));
    const upload = { key: KEY, id: await blobs.parts.begin(KEY) };
    const [third, , first] = await Promise.all([
      put(blobs, upload, 3, part('c', 3)),
      put(blobs, upload, 2, part('x')),
      put(blobs, upload, 1, part('a')),
    ]);
    const second = await put(blobs, upload, 2, part('b'));
    expect((await blobs.head(KEY))?.size).toBe(3);
    expect((await blobs.list('artifacts/0/r/artifacts')).map(({ name }) => name)).toEqual(['big.bin']);
    await blobs.parts.finish(upload, [first, second, third]);
    const found = await blobs.get(KEY);
    const whole = found && (await text(found.body));
    expect(whole === `${'a'.repeat(MIN_PART)}${'b'.repeat(MIN_PART)}ccc`).toBe(true);
  });

  test('is refused when a part is another one than the caller thinks, and can then be mended', async () => {
    await using opened = await open();
    const { blobs } = opened;
    const upload = { key: KEY, id: await blobs.parts.begin(KEY) };
    const stale = await put(blobs, upload, 1, part('a', 10));
    const fresh = await put(blobs, upload, 1, part('b', 10));
    for (const parts of [[stale], [fresh, { number: 2, etag: fresh.etag }]]) {
      await expect(blobs.parts.finish(upload, parts)).rejects.toMatchObject({ code: 'BLOB_PART_MISSING' });
    }
    expect(await blobs.head(KEY)).toBeNull();
    await blobs.parts.finish(upload, [fresh]);
    expect((await blobs.head(KEY))?.size).toBe(10);
  });

  test('is gone after it was aborted, and belongs to its own key', async () => {
    await using opened = await open();
    const { blobs } = opened;
    const upload = { key: KEY, id: await blobs.parts.begin(KEY) };
    const one = await put(blobs, upload, 1, part('a', 10));
    const other = { ...upload, key: 'artifacts/0/other' };
    await expect(put(blobs, other, 1, part('b', 10))).rejects.toMatchObject({ code: 'BLOB_UPLOAD_NOT_FOUND' });
    await blobs.parts.abort(upload);
    await blobs.parts.abort(upload);
    await expect(blobs.parts.finish(upload, [one])).rejects.toMatchObject({ code: 'BLOB_UPLOAD_NOT_FOUND' });
    await expect(put(blobs, upload, 1, part('a', 10))).rejects.toMatchObject({ code: 'BLOB_UPLOAD_NOT_FOUND' });
    expect(await blobs.head(KEY)).toBeNull();
  });
});

const [disk] = blobKinds;

test('on disk, finishing twice is fine, and what nobody finished goes a day after its last part', async () => {
  await using created = await disk?.create();
  if (created?.config.kind !== 'disk') throw new Error('not disk');
  let now = Date.now();
  const clock: Clock = { ...systemClock, now: () => now };
  const blobs = await openBlobs(created.config, clock);
  const done = { key: KEY, id: await blobs.parts.begin(KEY) };
  const one = await put(blobs, done, 1, part('a', 10));
  await Promise.all([blobs.parts.finish(done, [one]), blobs.parts.finish(done, [one])]);
  await blobs.parts.finish(done, [one]);
  const folder = join(created.config.path, '.partial');
  const left = { key: KEY, id: await blobs.parts.begin(KEY) };
  const dayAgo = now / 1000 - 86_500;
  await utimes(join(folder, left.id), dayAgo, dayAgo);
  now += 2 * 3_600_000;
  const young = await blobs.parts.begin(KEY);
  expect((await readdir(folder)).sort()).toEqual([done.id, young].sort());
});

test.each(['../../x', 'a/b', '', '..', 'x'.repeat(300)])('on disk, the upload id %j names no folder', async (id) => {
  await using created = await disk?.create();
  if (created?.config.kind !== 'disk') throw new Error('not disk');
  const blobs = await openBlobs(created.config, systemClock);
  await mkdir(join(created.config.path, 'x'));
  const upload = { key: 'k', id };
  await expect(put(blobs, upload, 1, part('a', 1))).rejects.toMatchObject({ code: 'BLOB_UPLOAD_NOT_FOUND' });
  await blobs.parts.abort(upload);
  expect(await readdir(join(created.config.path))).toContain('x');
});
