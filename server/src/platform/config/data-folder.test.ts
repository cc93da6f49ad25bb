import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeDataFolder } from './data-folder.ts';

test('a data folder that Bucle makes is for its owner only; one that is there stays as it is', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'bucle-folder-'));
  try {
    const dataDir = join(parent, 'of', 'mine');
    await makeDataFolder({ dataDir });
    await makeDataFolder({ dataDir });
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
});
