import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cli } from '../../test/cli.ts';
import { databases } from '../../test/databases.ts';
import { testApp } from '../../test/test-app.ts';
import { tryLease } from '../platform/processes/lease-file.ts';

async function tempFolder() {
  const path = await mkdtemp(join(tmpdir(), 'bucle-keep-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

test('backup copies a working server, restore puts it where nothing is, and refuses where something is', async () => {
  await using app = await testApp({ background: false });
  await using folder = await tempFolder();
  const { database } = app.context.config;
  if (database.kind !== 'sqlite') throw new Error('This test is on SQLite.');
  await app.context.blobs.put('artifacts/0/run/artifacts/a.txt', Buffer.from('hello'));
  const backup = join(folder.path, 'backup');
  const bucle = (...words: string[]) => cli(words, { cwd: folder.path });
  const store = ['--data', app.dataDir, '--backend-store-uri', `sqlite:///${database.path}`];
  const made = await bucle('backup', 'backup', ...store);
  expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining('--verify-only') });
  expect(made.stdout).toMatch(/^experiments\t1\t[0-9a-f]{64}$/m);
  expect(made.stdout).toMatch(/^files\t1\t[0-9a-f]{64}$/m);
  expect(await bucle('backup', 'backup', ...store)).toMatchObject({
    code: 6,
    stderr: expect.stringContaining('not empty'),
  });
  expect(await bucle('backup', join(app.dataDir, 'blobs', 'x'), ...store)).toMatchObject({ code: 6 });
  expect((await bucle('restore', backup, '--verify-only')).stderr).toContain('is whole');
  const restored = await bucle('restore', backup, '--data', join(folder.path, 'new'), '--json');
  expect(restored.code).toBe(0);
  expect(JSON.parse(restored.stdout)).toMatchObject({ equal: true });
  const again = await bucle('restore', backup, '--data', join(folder.path, 'new'));
  expect(again).toMatchObject({ code: 6, stderr: expect.stringContaining('holds records already') });
});

test.each(databases)(
  'migrate moves a stopped server to $name, says what is equal, and refuses while one works',
  async (kind) => {
    await using app = await testApp({ background: false });
    await using target = await kind.create();
    const { database } = app.context.config;
    if (database.kind !== 'sqlite') throw new Error('This test is on SQLite.');
    const to = target.config.kind === 'sqlite' ? `sqlite:///${target.config.path}` : target.config.url;
    const store = ['--data', app.dataDir, '--backend-store-uri', `sqlite:///${database.path}`];
    const bucle = (...words: string[]) => cli(['migrate', ...store, ...words]);
    {
      await using _server = await tryLease(join(app.dataDir, 'processes', 'server.lock'));
      expect(await bucle('--to-database', to)).toMatchObject({
        code: 6,
        stderr: expect.stringContaining('works on the data folder'),
      });
    }
    expect(await bucle()).toMatchObject({ code: 2, stderr: expect.stringContaining('--to-database') });
    expect(await bucle('--to-s3', 's3://bucket')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('BUCLE_TO_S3_ACCESS_KEY_ID'),
    });
    expect(await bucle('--to-database', `sqlite:///${database.path}`)).toMatchObject({ code: 6 });
    const moved = await bucle('--to-database', to);
    expect(moved).toMatchObject({ code: 0, stderr: expect.stringContaining('equal on both sides') });
    expect(moved.stdout).toMatch(/^experiments\t1\t1\tyes\t[0-9a-f]{64}$/m);
    expect((await bucle('--to-database', to)).stderr).toContain('Nothing was written');
  },
);
