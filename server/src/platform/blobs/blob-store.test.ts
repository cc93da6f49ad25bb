import { createHash } from 'node:crypto';
import { mkdir, readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { blobKinds, hasBlobs } from '../../../test/blob-stores.ts';
import { systemClock } from '../clock.ts';
import { openBlobs } from './open-blobs.ts';

describe.each(blobKinds)('blobs on $name', (kind) => {
  const skip = !hasBlobs(kind);
  const open = async () => {
    const created = await kind.create();
    return { ...created, blobs: await openBlobs(created.config, systemClock) };
  };

  test.skipIf(skip)('what was put comes back, whole or in part, with its size and hash', async () => {
    await using opened = await open();
    const { blobs } = opened;
    const bytes = Buffer.from('0123456789');
    const stored = await blobs.put('a/b/c.txt', Readable.from([bytes.subarray(0, 4), bytes.subarray(4)]), {
      hash: true,
    });
    expect(stored).toEqual({ size: 10, sha256: createHash('sha256').update(bytes).digest('hex') });
    const whole = await blobs.get('a/b/c.txt');
    expect(whole && (await text(whole.body))).toBe('0123456789');
    const part = await blobs.get('a/b/c.txt', { start: 3, end: 5 });
    expect(part && (await text(part.body))).toBe('345');
    expect(part?.info).toMatchObject({ key: 'a/b/c.txt', size: 10 });
    expect(await blobs.head('a/b/c.txt')).toMatchObject({ key: 'a/b/c.txt', size: 10, etag: whole?.info.etag });
  });

  test.skipIf(skip)('an empty blob is a blob, and a missing one is null', async () => {
    await using opened = await open();
    const { blobs } = opened;
    await blobs.put('empty', new Uint8Array());
    expect(await blobs.head('empty')).toMatchObject({ size: 0 });
    expect(await blobs.head('nothing')).toBeNull();
    expect(await blobs.get('nothing')).toBeNull();
  });

  test.skipIf(skip)('putting again replaces the content and its etag', async () => {
    await using opened = await open();
    const { blobs } = opened;
    await blobs.put('k', Buffer.from('one'));
    const before = await blobs.head('k');
    await blobs.put('k', Buffer.from('two!'));
    const after = await blobs.get('k');
    expect(after && (await text(after.body))).toBe('two!');
    expect(after?.info.etag).not.toBe(before?.etag);
  });

  test.skipIf(skip)('a folder lists one level, sorted; walking it goes all the way down', async () => {
    await using opened = await open();
    const { blobs } = opened;
    for (const key of ['m/MLmodel', 'm/data/model.pkl', 'm/a b ü#?.txt', 'other/x'])
      await blobs.put(key, Buffer.from(key));
    expect(await blobs.list('m')).toEqual([
      { name: 'MLmodel', isDirectory: false, size: 9 },
      { name: 'a b ü#?.txt', isDirectory: false, size: Buffer.byteLength('m/a b ü#?.txt') },
      { name: 'data', isDirectory: true, size: 0 },
    ]);
    expect(await blobs.list('nowhere')).toEqual([]);
    const keys: string[] = [];
    for await (const { key } of blobs.walk('m')) keys.push(key);
    expect(keys).toEqual(['m/MLmodel', 'm/a b ü#?.txt', 'm/data/model.pkl']);
  });

  test.skipIf(skip)('deleting a folder takes all below it and nothing beside it', async () => {
    await using opened = await open();
    const { blobs } = opened;
    for (const key of ['d/1', 'd/e/2', 'dd']) await blobs.put(key, Buffer.from('x'));
    await blobs.delete('d');
    await blobs.delete('never-there');
    expect(await Promise.all(['d/1', 'd/e/2', 'dd'].map(async (key) => (await blobs.head(key)) !== null))).toEqual([
      false,
      false,
      true,
    ]);
  });

  test.skipIf(skip).each(['', '/etc/passwd', 'a/../b', '..', 'a//b', './a', 'a\0b', `x${'y'.repeat(300)}`])(
    'the key %j is refused for reading and writing',
    async (key) => {
      await using opened = await open();
      await expect(opened.blobs.put(key, Buffer.from('x'))).rejects.toMatchObject({ code: 'BLOB_INVALID_KEY' });
      await expect(opened.blobs.get(key)).rejects.toMatchObject({ code: 'BLOB_INVALID_KEY' });
    },
  );

  test.skipIf(skip)('a sender that breaks off leaves the old content', async () => {
    await using opened = await open();
    const { blobs } = opened;
    await blobs.put('k', Buffer.from('old'));
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('new');
        throw new Error('connection lost');
      })(),
    );
    await expect(blobs.put('k', broken)).rejects.toThrow();
    const found = await blobs.get('k');
    expect(found && (await text(found.body))).toBe('old');
  });

  test.skipIf(skip)('many megabytes stream through', async () => {
    await using opened = await open();
    const { blobs } = opened;
    const block = Buffer.alloc(1 << 20, 7);
    const body = Readable.from(
      (function* () {
        for (let i = 0; i < 40; i += 1) yield block;
      })(),
    );
    expect(await blobs.put('big', body)).toMatchObject({ size: 40 << 20 });
    const found = await blobs.get('big', { start: (40 << 20) - 3, end: (40 << 20) - 1 });
    expect(found && (await buffer(found.body))).toEqual(Buffer.from([7, 7, 7]));
  });
});

test('on disk a symbolic link is never followed', async () => {
  const [disk] = blobKinds;
  if (!disk) throw new Error('disk is always there');
  await using created = await disk.create();
  if (created.config.kind !== 'disk') throw new Error('not disk');
  const { path } = created.config;
  const blobs = await openBlobs(created.config, systemClock);
  await mkdir(join(path, 'in'));
  await writeFile(`${path}-secret`, 'secret');
  await symlink(`${path}-secret`, join(path, 'in', 'file'));
  await symlink('/etc', join(path, 'in', 'folder'));
  expect(await blobs.get('in/file')).toBeNull();
  await expect(blobs.list('in/folder')).rejects.toMatchObject({ code: 'BLOB_INVALID_KEY' });
  await expect(blobs.get('in/folder/passwd')).rejects.toMatchObject({ code: 'BLOB_INVALID_KEY' });
  await expect(blobs.put('in/folder/evil', Buffer.from('x'))).rejects.toMatchObject({ code: 'BLOB_INVALID_KEY' });
  expect(await blobs.list('in')).toEqual([]);
});

test('on disk what a crash cut off a day ago is removed at the next start, and nothing younger', async () => {
  const [disk] = blobKinds;
  await using created = await disk?.create();
  if (created?.config.kind !== 'disk') throw new Error('not disk');
  const folder = join(created.config.path, '.partial');
  await mkdir(folder);
  const dayAgo = Date.now() / 1000 - 86_500;
  for (const name of ['old', 'young']) await writeFile(join(folder, name), 'half');
  await utimes(join(folder, 'old'), dayAgo, dayAgo);
  await openBlobs(created.config, systemClock);
  expect(await readdir(folder)).toEqual(['young']);
});
