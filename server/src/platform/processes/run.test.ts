import { describe, expect, test } from 'vitest';
import { run } from './run.ts';

const node = (script: string, options = {}) => run(process.execPath, ['-e', script], options);

describe('running a command to its end', () => {
  test('both streams, the exit code and each line come back', async () => {
    const lines: string[] = [];
    const result = await node(
      "console.log('one'); process.stdout.write('tw'); console.log('o'); console.error('three'); process.exitCode = 4",
      {
        onLine: (line: string) => lines.push(line),
      },
    );
    expect(result).toEqual({ code: 4, signal: null, timedOut: false, stdout: 'one\ntwo\n', stderr: 'three\n' });
    expect(lines.sort()).toEqual(['one', 'three', 'two']);
  });

  test('only the tail of a long output is kept, and no character is cut in two', async () => {
    const { stdout } = await node("process.stdout.write('é'.repeat(1_000_001) + 'end')");
    expect(stdout.length).toBe(256 * 1024);
    expect(stdout.replaceAll('é', '')).toBe('end');
  });

  test('after its time a command is killed with all that it started', async () => {
    const result = await node("require('node:child_process').spawnSync('sleep', ['60'])", { timeoutMs: 300 });
    expect(result).toMatchObject({ code: null, signal: 'SIGKILL', timedOut: true });
  });

  test('an abort kills it and rejects with the reason', async () => {
    const stop = new AbortController();
    const running = node('setInterval(() => {}, 1000)', { signal: stop.signal });
    setTimeout(() => stop.abort(new Error('enough')), 100);
    await expect(running).rejects.toThrow('enough');
    await expect(node('0', { signal: stop.signal })).rejects.toThrow('enough');
  });

  test('a command that does not exist rejects', async () => {
    await expect(run('/no/such/program', [])).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('without a given environment it has ours, and with one nothing else', async () => {
    const print = 'process.stdout.write(JSON.stringify([process.env.HOME ?? null, process.env.ONLY ?? null]))';
    expect((await node(print)).stdout).toBe(JSON.stringify([process.env['HOME'] ?? null, null]));
    expect((await node(print, { env: { ONLY: 'this' } })).stdout).toBe(JSON.stringify([null, 'this']));
  });
});

test('a command that is ended at its time limit is not waited for by what left its group', async () => {
  const began = performance.now();
  const result = await run('sh', ['-c', 'setsid sleep 5 & echo up; sleep 60'], { timeoutMs: 200 });
  expect(result).toMatchObject({ timedOut: true, signal: 'SIGKILL', stdout: 'up\n' });
  expect(performance.now() - began).toBeLessThan(4_000);
});
