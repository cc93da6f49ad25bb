import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { commandLine } from './find-processes.ts';
import { identify, isAlive, isKnownDead, isSameProcess, ownIdentity, parseStat } from './identity.ts';

describe('the identity of a process', () => {
  test('this process lives, and reads the same identity twice', () => {
    const own = ownIdentity();
    expect(own).toMatchObject({ pid: process.pid, host: hostname() });
    expect(isAlive(own)).toBe(true);
    expect(isKnownDead(own)).toBe(false);
    expect(isSameProcess(own, ownIdentity())).toBe(true);
  });

  test('a pid that was used again is another process', () => {
    const former = { ...ownIdentity(), startedAt: '1' };
    expect(isAlive(former)).toBe(false);
    expect(isKnownDead(former)).toBe(true);
    expect(isSameProcess(former, ownIdentity())).toBe(false);
  });

  test('what ran before this machine booted is dead; what runs on another one cannot be judged', () => {
    const own = ownIdentity();
    expect(isKnownDead({ ...own, bootId: 'before' })).toBe(true);
    expect(isAlive({ ...own, bootId: 'before' })).toBe(false);
    expect(isKnownDead({ ...own, bootId: 'other', host: 'elsewhere' })).toBe(false);
    expect(isKnownDead({ ...own, namespace: 'pid:[1]' })).toBe(false);
    expect(isAlive({ ...own, namespace: 'pid:[1]' })).toBe(false);
  });

  test('the state is read after the last parenthesis, whatever the command is called', () => {
    const numbers = Array.from({ length: 30 }, (_value, index) => index + 4).join(' ');
    expect(parseStat(`7 (a) Z (b)) S 1 2 ${numbers}`)).toEqual({ state: 'S', group: 2, startedAt: '20' });
    expect(parseStat('nonsense')).toBeNull();
  });

  test.runIf(process.platform === 'linux')('a zombie counts as dead, though it still answers signals', async () => {
    // The shell becomes `sleep`, which never collects the child that the shell has started.
    const script = 'sleep 60 & echo $!; exec sleep 61';
    const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    // Before that the shell would still collect it.
    await expect.poll(() => commandLine(parent.pid ?? 0)).toEqual(['sleep', '61']);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => identify(pid)).toBeNull();
    expect(process.kill(pid, 0)).toBe(true);
    parent.kill('SIGKILL');
  });
});
