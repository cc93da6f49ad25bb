import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cli } from '../../test/cli.ts';
import { testApp } from '../../test/test-app.ts';
import { run } from '../platform/processes/run.ts';

interface Report {
  readonly healthy: boolean;
  readonly findings: readonly { readonly what: string; readonly ok: boolean; readonly found: string }[];
}

describe('bucle doctor', () => {
  let data = '';
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'bucle-doctor-'));
  });
  afterEach(() => rm(data, { recursive: true }));

  const examine = async (env: Record<string, string>, flags: readonly string[] = []) => {
    const { code, stdout } = await cli(['doctor', '--json', '--data', data, ...flags], { env });
    const { findings } = JSON.parse(stdout) as Report;
    return { code, of: (what: string) => findings.find((one) => one.what === what) };
  };

  test('looks at Node.js, Python, uv and the data folder, and at the ports where nothing answers', async () => {
    const { of } = await examine({ BUCLE_PORT: '1', BUCLE_GATEWAY_PORT: '0' });
    expect(of('Node.js')).toMatchObject({ ok: true, found: process.versions.node });
    expect(of('Python')?.found).toMatch(/^3\.\d+\.\d+/);
    expect(of('uv')).toMatchObject({ ok: true });
    expect(of('Data folder')?.found).toMatch(new RegExp(`^${data}, [\\d.]+ GiB free$`));
    expect(of('Gateway')).toMatchObject({ ok: true, found: 'does not run; its port 0 is free' });
  });

  test('a port that another program has, and a Python that does not run, are problems', async () => {
    const other = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const env = { BUCLE_PORT: String(port), BUCLE_GATEWAY_PORT: '0', BUCLE_PYTHON: '/nowhere/python' };
    const { code, of } = await examine(env);
    other.close();
    expect(code).toBe(1);
    expect(of('Server')).toMatchObject({ ok: false, found: `does not answer, and another program has ${port}` });
    expect(of('Python')).toMatchObject({ ok: false, found: '/nowhere/python does not run, or has no venv module' });
    expect(of('uv')).toMatchObject({ ok: true });
  });

  test('a server that answers without its gateway is said', async () => {
    await using server = await testApp({
      ...{ stages: [], background: false, config: { gatewayUrl: 'http://127.0.0.1:1' } },
    });
    const { code, of } = await examine({}, ['--url', server.baseUrl]);
    expect(code).toBe(1);
    expect(of('Server')).toMatchObject({ ok: true, found: `answers at ${server.baseUrl}` });
    expect(of('Gateway')).toMatchObject({ ok: false, found: 'does not answer at http://127.0.0.1:1' });
  });
});

test('the completion of bash offers nouns first, then the verbs of a noun', async () => {
  const { stdout: script } = await cli(['completion', 'bash']);
  const complete = async (...words: readonly string[]) => {
    const list = words.map((word) => `'${word}'`).join(' ');
    const ask = `COMP_WORDS=(bucle ${list}); COMP_CWORD=${words.length}; _bucle; echo "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = await run('bash', ['-c', `${script}\n${ask}`]);
    return (stdout + stderr).trim().split(/\s+/);
  };
  expect(await complete('endp')).toContain('endpoints');
  expect(new Set(await complete('alerts', ''))).toEqual(new Set(['ls', 'show', 'ack']));
  expect(await complete('models', 'reg')).toEqual(['register']);
  expect(await complete('endpoints', 'de')).toEqual(['deploy']);
});
