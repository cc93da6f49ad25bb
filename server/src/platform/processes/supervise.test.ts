import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isAlive, type ProcessIdentity } from './identity.ts';
import { siblingModule } from './sibling-module.ts';
import { readState, stopSupervised } from './supervise.ts';

describe('supervision', () => {
  let folder = '';
  let stateFile = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bucle-supervise-'));
    stateFile = join(folder, 'part.json');
  });
  afterEach(async () => {
    await stopSupervised(stateFile, 0);
    await rm(folder, { recursive: true, force: true });
  });

  const supervisor = (script: string) => {
    const lines: string[] = [];
    const module = siblingModule(import.meta.url, './supervisor.fixture').pathname;
    const child = spawn(process.execPath, [module, stateFile, script, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.on('data', (text: Buffer) => lines.push(...text.toString().trim().split('\n')));
    return { lines, child, kill: () => child.kill('SIGKILL') };
  };
  const state = async () => (await readState(stateFile)) as ProcessIdentity;

  test('what dies is started again', async () => {
    const { lines, kill } = supervisor('setInterval(() => {}, 1000)');
    await vi.waitUntil(() => lines.length === 1, { timeout: 60_000 });
    const first = (await state()).pid;
    process.kill(first, 'SIGKILL');
    await vi.waitUntil(() => lines.length === 3, { timeout: 60_000 });
    const second = (await state()).pid;
    expect(lines).toEqual([`started ${first}`, `died ${first}`, `started ${second}`]);
    kill();
  });

  test('a supervisor that was killed with -9 leaves its process alone, and the next one adopts it', async () => {
    const first = supervisor('setInterval(() => {}, 1000)');
    await vi.waitUntil(() => first.lines.length === 1, { timeout: 60_000 });
    first.kill();
    const identity = await state();
    const second = supervisor('setInterval(() => {}, 1000)');
    await vi.waitUntil(() => second.lines.length === 1, { timeout: 60_000 });
    expect(second.lines).toEqual([`adopted ${identity.pid}`]);
    expect(isAlive(identity)).toBe(true);
    second.kill();
  });

  test.runIf(process.platform === 'linux')(
    'a process whose supervisor was killed before it noted its identity is adopted, not started twice',
    async () => {
      const first = supervisor('setInterval(() => {}, 1000)');
      await vi.waitUntil(() => first.lines.length === 1, { timeout: 60_000 });
      first.kill();
      const identity = await state();
      await rm(stateFile);
      const second = supervisor('setInterval(() => {}, 1000)');
      await vi.waitUntil(() => second.lines.length === 1, { timeout: 60_000 });
      expect(second.lines).toEqual([`adopted ${identity.pid}`]);
      expect(await state()).toEqual(identity);
      second.kill();
    },
  );

  test('what ends at once is waited for longer each time', async () => {
    const { lines, kill } = supervisor('process.exit(3)');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    kill();
    const starts = lines.filter((line) => line.startsWith('started')).length;
    expect(starts).toBeGreaterThan(1);
    expect(starts).toBeLessThan(8);
  });
});
