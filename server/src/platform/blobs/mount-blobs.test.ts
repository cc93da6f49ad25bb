import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { artifactRootKey } from './artifact-root.ts';
import { openBlobs } from './open-blobs.ts';

async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'bucle-mounts-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

test('artifacts lie in a folder of their own just as their keys say; all else lies apart', async () => {
  await using home = await folder();
  const [path, artifacts] = [join(home.path, 'blobs'), join(home.path, 'mlartifacts')];
  await mkdir(join(artifacts, '3', 'run', 'artifacts'), { recursive: true });
  await writeFile(join(artifacts, '3', 'run', 'artifacts', 'copied.txt'), 'from MLflow');
  const blobs = await openBlobs({ kind: 'disk', path, artifacts }, systemClock);
  const copied = await blobs.get('artifacts/3/run/artifacts/copied.txt');
  expect(copied?.info.key).toBe('artifacts/3/run/artifacts/copied.txt');
  expect(copied && (await text(copied.body))).toBe('from MLflow');
  await blobs.put('artifacts/0/r/a.txt', Buffer.from('a'));
  await blobs.put('packs/p', Buffer.from('p'));
  const upload = { key: 'artifacts/0/r/b', id: await blobs.parts.begin('artifacts/0/r/b') };
  const etag = await blobs.parts.put(upload, 1, Readable.from([Buffer.from('b')]), 1);
  await blobs.parts.finish(upload, [{ number: 1, etag }]);
  expect(await readFile(join(artifacts, '0', 'r', 'a.txt'), 'utf8')).toBe('a');
  expect(await readFile(join(artifacts, '0', 'r', 'b'), 'utf8')).toBe('b');
  expect(await readFile(join(path, 'packs', 'p'), 'utf8')).toBe('p');
  expect((await blobs.list('artifacts')).map(({ name }) => name)).toEqual(['0', '3']);
  const keys: string[] = [];
  for await (const { key } of blobs.walk('')) keys.push(key);
  expect(keys).toEqual(['packs/p', 'artifacts/0/r/a.txt', 'artifacts/0/r/b', 'artifacts/3/run/artifacts/copied.txt']);
  await expect(blobs.delete('artifacts')).rejects.toMatchObject({ code: 'BLOB_INVALID_KEY' });
});

test('of an artifact root only what lies below it is read, and no link leads out', async () => {
  await using home = await folder();
  const root = join(home.path, 'root');
  await mkdir(join(root, '0', 'r'), { recursive: true });
  await writeFile(join(root, '0', 'r', 'f'), 'inside');
  await writeFile(join(home.path, 'secret'), 'secret');
  await symlink(join(home.path, 'secret'), join(root, '0', 'r', 'link'));
  await symlink(home.path, join(root, '0', 'out'));
  const blobs = await openBlobs({ kind: 'disk', path: join(home.path, 'blobs') }, systemClock, `file://${root}`);
  const read = async (uri: string) => {
    const key = artifactRootKey(uri);
    const found = key === null ? null : await blobs.get(key).catch(() => null);
    return found && text(found.body);
  };
  expect(await read(`${root}/0/r/f`)).toBe('inside');
  expect(await read(`file://${root}/0/r/f`)).toBe('inside');
  expect(await read(`file:${root}/0/r/f`)).toBe('inside');
  for (const uri of [
    `${home.path}/secret`,
    `file://${home.path}/secret`,
    `FILE://localhost${home.path}/secret`,
    `file://${root}/../secret`,
    `file://${root}/%2e%2e/secret`,
    `file://${root}/0/..%2f../../secret`,
    `file://${root}/0/%252e%252e/../../secret`,
    `${root}/0/r/link`,
    `${root}/0/out/secret`,
    `${root}secret`,
    'file://evil.example/etc/passwd',
    'http://evil.example/x',
  ]) {
    expect([uri, await read(uri)]).toEqual([uri, null]);
  }
  const keys: string[] = [];
  for await (const { key } of blobs.walk('')) keys.push(key);
  expect(keys).toEqual([]);
});
