import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { findMarked } from './find-processes.ts';
import { identify } from './identity.ts';
import { killMarked, killTree } from './kill-tree.ts';
import { siblingModule } from './sibling-module.ts';
import { spawnDetached } from './spawn-detached.ts';

const onLinux = process.platform === 'linux';

describe('killing a tree of processes', () => {
  const start = async (deaf: 'deaf' | 'obedient') => {
    const folder = await mkdtemp(join(tmpdir(), 'bucle-tree-'));
    const pids = join(folder, 'pids');
    const marker = { name: 'BUCLE_TEST_TREE', value: folder };
    const leader = await spawnDetached({
      command: process.execPath,
      args: [siblingModule(import.meta.url, './tree.fixture').pathname, pids, deaf],
      cwd: folder,
      env: { PATH: process.env['PATH'], [marker.name]: marker.value },
      logFile: join(folder, 'log'),
    });
    const all = await vi.waitUntil(
      async () => JSON.parse(await readFile(pids, 'utf8').catch(() => 'null')) as number[] | null,
      { timeout: 60_000 },
    );
    return { leader, all, marker, folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
  };

  test.runIf(onLinux)('a marker finds everything that was started, also in another session', async () => {
    await using tree = await start('obedient');
    expect(findMarked(tree.marker).sort()).toEqual([...tree.all].sort());
    await killMarked(tree.marker);
    expect(tree.all.map((pid) => identify(pid))).toEqual([null, null, null]);
  });

  test.runIf(onLinux)(
    'who obeys SIGTERM is gone without SIGKILL; who left the group is swept by the marker',
    async () => {
      await using tree = await start('obedient');
      expect(await killTree(tree.leader?.pid ?? 0, { graceMs: 300, marker: tree.marker })).toEqual({ killed: true });
      expect(findMarked(tree.marker)).toEqual([]);
    },
  );

  test.runIf(onLinux)('who is deaf to SIGTERM is killed after the grace', async () => {
    await using tree = await start('deaf');
    const began = performance.now();
    expect(await killTree(tree.leader?.pid ?? 0, { graceMs: 300, marker: tree.marker })).toEqual({ killed: true });
    expect(performance.now() - began).toBeGreaterThan(290);
    expect(tree.all.map((pid) => identify(pid))).toEqual([null, null, null]);
  });

  test('a group that obeys is not killed, and one that is gone is no error', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bucle-tree-'));
    const leader = await spawnDetached({
      command: 'sleep',
      args: ['60'],
      cwd: folder,
      env: { PATH: process.env['PATH'] },
      logFile: join(folder, 'log'),
    });
    const pid = leader?.pid ?? 0;
    expect(await killTree(pid, { graceMs: 5_000 })).toEqual({ killed: false });
    expect(await killTree(pid, { graceMs: 0 })).toEqual({ killed: false });
    await rm(folder, { recursive: true });
  });

  test.each([0, 1, -1])('a group %i, which would be our own or everybody, is refused', async (group) => {
    await expect(killTree(group, { graceMs: 0 })).rejects.toThrow('There is no process');
  });
});
