import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { blobKinds, hasBlobs } from '../../../test/blob-stores.ts';
import { systemClock } from '../clock.ts';
import type { BlobConfig } from '../config/config.ts';
import type { BlobStore } from './blob-store.ts';
import { openBlobs } from './open-blobs.ts';

async function keysBelow(store: BlobStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.walk(prefix)) keys.push(key);
  return keys.sort();
}

describe.each(blobKinds.filter(hasBlobs))('artifacts in a place of their own, on $name', (kind) => {
  test('have no folder more than MLflow gives them, and the other blobs are not among them', async () => {
    await using made = await kind.create();
    const store = await openBlobs(withArtifacts(made.config), systemClock);
    await store.put('artifacts/1/r/artifacts/a.txt', Buffer.from('one'));
    await store.put('chunks/ab', Buffer.from('two'));
    expect(await store.list('artifacts')).toEqual([{ name: '1', isDirectory: true, size: 0 }]);
    expect(await keysBelow(store, 'artifacts')).toEqual(['artifacts/1/r/artifacts/a.txt']);
    expect(await keysBelow(store, '')).toEqual(['artifacts/1/r/artifacts/a.txt', 'chunks/ab']);
    expect(await store.head('artifacts/1/r/artifacts/a.txt')).toMatchObject({ key: 'artifacts/1/r/artifacts/a.txt' });
    expect((await store.get('artifacts/1/r/artifacts/a.txt'))?.info).toMatchObject({ size: 3 });
    await expect(store.put('artifacts/.bucle/chunks/ab', Buffer.from('x'))).rejects.toThrow('not allowed');
    await expect(store.delete('artifacts')).rejects.toThrow('not allowed');
    await store.delete('artifacts/1');
    expect(await keysBelow(store, '')).toEqual(['chunks/ab']);
  });
});

test('a folder that MLflow filled is read as it lies', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bucle-destination-'));
  const config: BlobConfig = { kind: 'disk', path: join(folder, 'blobs'), artifacts: join(folder, 'mlartifacts') };
  const store = await openBlobs(config, systemClock);
  await store.put('artifacts/1/r/artifacts/a.txt', Buffer.from('one'));
  expect(await readFile(join(folder, 'mlartifacts/1/r/artifacts/a.txt'), 'utf8')).toBe('one');
  await rm(folder, { recursive: true });
});

function withArtifacts(config: BlobConfig): BlobConfig {
  return config.kind === 'disk'
    ? { ...config, artifacts: join(config.path, 'mlartifacts'), path: join(config.path, 'rest') }
    : { ...config, artifacts: config.prefix, prefix: `${config.prefix}.bucle/` };
}
