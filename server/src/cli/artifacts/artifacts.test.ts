import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CliOptions, cli } from '../../../test/cli.ts';
import { type TestApp, testApp } from '../../../test/test-app.ts';
import { startProxy } from '../proxy.fixture.ts';

const MLFLOW = '/api/2.0/mlflow';

describe('artifacts on the command line', () => {
  let t: TestApp;
  let folder = '';
  let run = '';
  beforeAll(async () => {
    t = await testApp({ background: false });
    folder = await mkdtemp(join(tmpdir(), 'bucle-artifacts-'));
  });
  afterAll(async () => {
    await t[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    run = await makeRun();
  });

  const bucle = (words: readonly string[], options: CliOptions = {}) =>
    cli([...words, '--url', t.baseUrl], { cwd: folder, ...options });
  const json = async (words: readonly string[]) => JSON.parse((await bucle([...words, '--json'])).stdout);
  const post = <T>(path: string, body: unknown) => t.client.request<T>('POST', `${MLFLOW}/${path}`, { json: body });
  const makeRun = async () => {
    const { run } = await post<{ run: { info: { run_id: string } } }>('runs/create', { experiment_id: '0' });
    return run.info.run_id;
  };
  const local = async (path: string, text: string | Uint8Array) => {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  const read = (path: string) => readFile(join(folder, path), 'utf8');

  test('a folder is sent, listed, got back byte by byte, and what is there already is left alone', async () => {
    await local('src/MLmodel', 'flavors');
    await local('src/data/é 100%.txt', 'odd name');
    await local('src/data/empty', '');
    const put = await bucle(['artifacts', 'put', 'src', `run:${run.slice(0, 12)}`, 'model']);
    expect(put).toEqual({
      code: 0,
      stdout: 'model/MLmodel\nmodel/data/empty\nmodel/data/é 100%.txt\n',
      stderr: `run:${run}: 3 files, 15 B.\n`,
    });
    expect((await bucle(['artifacts', 'ls', run])).stdout).toBe('file\tsize\nmodel/\t–\n');
    expect((await bucle(['artifacts', 'ls', run, 'model', '-r'])).stdout).toBe(
      'file\tsize\nmodel/MLmodel\t7 B\nmodel/data/empty\t0 B\nmodel/data/é 100%.txt\t8 B\n',
    );
    expect(await json(['artifacts', 'ls', `mlflow-artifacts:/0/${run}/artifacts`, 'model/MLmodel'])).toEqual([
      { path: 'model/MLmodel', is_dir: false, file_size: 7 },
    ]);
    const got = await bucle(['artifacts', 'get', run, '--to', 'out']);
    expect(got).toEqual({ code: 0, stdout: `${join(folder, 'out')}\n`, stderr: '3 files, 15 B.\n' });
    expect(await read('out/model/data/é 100%.txt')).toBe('odd name');
    expect((await readdir(join(folder, 'out'), { recursive: true })).toSorted()).toEqual(
      ['model', 'model/MLmodel', 'model/data', 'model/data/empty', 'model/data/é 100%.txt'].toSorted(),
    );
    expect(await json(['artifacts', 'get', run, '--to', 'out'])).toEqual({
      ...{ path: join(folder, 'out'), files: 3, fetched_files: 0, fetched_bytes: 0 },
    });
    await local('out/model/MLmodel', 'changed');
    const taken = await bucle(['artifacts', 'get', run, 'model/MLmodel', '--to', 'out']);
    expect(taken).toMatchObject({ code: 6, stderr: expect.stringContaining('or say --overwrite') });
    expect(await read('out/model/MLmodel')).toBe('changed');
    await bucle(['artifacts', 'get', run, 'model/MLmodel', '--to', 'out', '--overwrite']);
    expect(await read('out/model/MLmodel')).toBe('flavors');
    expect((await bucle(['artifacts', 'get', run, 'model/MLmodel', '--to', '-'])).stdout).toBe('flavors');
  });

  test('a download goes on where it broke off, and begins anew when the artifact was replaced', async () => {
    const size = 3_000_000;
    await local('big.bin', new Uint8Array(size).fill(65));
    await bucle(['artifacts', 'put', 'big.bin', run]);
    const stop = new AbortController();
    let reads = 0;
    await using proxy = await startProxy(t.baseUrl, ({ method, url }) => {
      if (method !== 'GET' || !url.startsWith('/get-artifact')) return 'pass';
      reads += 1;
      if (reads === 2) stop.abort();
      return reads === 1 ? 'cut' : 'break';
    });
    const words = ['artifacts', 'get', run, '--to', 'resumed'];
    const first = await cli([...words, '--url', proxy.url], { cwd: folder, signal: stop.signal });
    expect([first.code, first.stderr]).toEqual([130, expect.stringContaining('Trying again…')]);
    const target = join(folder, 'resumed');
    const [partial = '', ...others] = await readdir(target);
    expect([partial, others]).toEqual([expect.stringContaining('.bucle-partial-'), []]);
    const { size: kept } = await stat(join(target, partial));
    expect(kept).toBeGreaterThan(100_000);
    // Marked, so that it shows which bytes were fetched again.
    const marked = new Uint8Array(kept).fill(66);
    await writeFile(join(target, partial), marked);
    expect((await bucle(words)).code).toBe(0);
    const bytes = await readFile(join(target, 'big.bin'));
    expect(bytes.equals(Buffer.concat([marked, new Uint8Array(size - kept).fill(65)]))).toBe(true);
    expect(await readdir(target)).toEqual(['big.bin']);
    await writeFile(join(target, partial), marked);
    await local('big.bin', 'short');
    await bucle(['artifacts', 'put', 'big.bin', run]);
    await bucle([...words, '--overwrite']);
    expect(await read('resumed/big.bin')).toBe('short');
    expect(await readdir(target)).toEqual(['big.bin']);
  });

  test('both ways go on by themselves when the network breaks', async () => {
    const text = 'x'.repeat(2_000_000);
    await local('long.txt', text);
    let tries = 0;
    await using proxy = await startProxy(t.baseUrl, ({ method, url }) => {
      if (method === 'HEAD' || !url.includes('artifact') || url.includes('/list')) return 'pass';
      tries += 1;
      if (method === 'PUT') return tries === 1 ? 'break' : 'pass';
      return tries < 5 ? 'cut' : 'pass';
    });
    const through = (words: readonly string[]) => cli([...words, '--url', proxy.url], { cwd: folder });
    const put = await through(['artifacts', 'put', 'long.txt', run]);
    expect(put).toMatchObject({ code: 0, stdout: 'long.txt\n', stderr: expect.stringContaining('Trying again…') });
    expect(tries).toBe(2);
    expect((await through(['artifacts', 'get', run, 'long.txt', '--to', 'through'])).code).toBe(0);
    expect(await read('through/long.txt')).toBe(text);
    expect(tries).toBe(5);
  });

  test('--resume sends only what is not there with the same size', async () => {
    await local('part/a', 'aaaa');
    await bucle(['artifacts', 'put', 'part', run]);
    await local('part/b', 'bb');
    await local('part/a', 'xxxx');
    expect(await json(['artifacts', 'put', 'part', run, '--resume'])).toEqual({
      ...{ where: `run:${run}`, paths: ['a', 'b'], sent_files: 1, sent_bytes: 2 },
    });
    expect((await bucle(['artifacts', 'get', run, 'a', '--to', '-'])).stdout).toBe('aaaa');
    await bucle(['artifacts', 'put', 'part', run]);
    expect((await bucle(['artifacts', 'get', run, 'a', '--to', '-'])).stdout).toBe('xxxx');
  });

  test('artifacts of a logged model are sent to it and got from it', async () => {
    const { model } = await post<{ model: { info: { model_id: string } } }>('logged-models', {
      ...{ experiment_id: '0', name: 'clf', source_run_id: run },
    });
    const id = model.info.model_id;
    await local('w.bin', 'weights');
    await bucle(['artifacts', 'put', 'w.bin', id, 'deep/er']);
    expect((await bucle(['artifacts', 'ls', `model:${id}`, '--recursive'])).stdout).toContain('deep/er/w.bin\t7 B');
    expect((await bucle(['artifacts', 'get', id, 'deep', '--to', 'm'])).code).toBe(0);
    expect(await read('m/deep/er/w.bin')).toBe('weights');
    expect((await bucle(['artifacts', 'ls', 'm-nope'])).code).toBe(5);
  });

  test('names that lead out of the folder are refused before anything is written', async () => {
    for (const path of ['../evil', 'a/../../evil', '/evil', 'C:\\evil']) {
      const server = createServer((_request, reply) => {
        reply.setHeader('content-type', 'application/json');
        reply.end(JSON.stringify({ files: [{ path: 'good' }, { path }] }));
      });
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const words = ['artifacts', 'get', 'mlflow-artifacts:/x', '--to', 'trap/inner', '--url', url];
      const { code, stderr } = await cli(words, { cwd: folder });
      server.closeAllConnections();
      server.close();
      expect([code, stderr]).toEqual([1, expect.stringContaining('would lead out of the folder')]);
      expect(await stat(join(folder, 'trap')).catch(() => null)).toBeNull();
    }
  });

  test('an artifact is deleted only with --yes, and only when there is one', async () => {
    await local('junk/x', '1');
    await bucle(['artifacts', 'put', 'junk', run, 'junk']);
    expect(await bucle(['artifacts', 'rm', run, 'junk'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('junk/ with all below it would be gone for good'),
    });
    expect((await bucle(['artifacts', 'rm', run, 'nothing', '--yes'])).code).toBe(5);
    expect((await bucle(['artifacts', 'rm', run, '/', '--yes'])).code).toBe(2);
    expect((await bucle(['artifacts', 'ls', run])).stdout).toContain('junk/');
    expect((await bucle(['artifacts', 'delete', run, 'junk/', '--yes'])).stderr).toBe(
      `Removed junk/ with all below it from run:${run}.\n`,
    );
    expect(await bucle(['artifacts', 'ls', run])).toMatchObject({
      code: 0,
      stderr: `run:${run} has no artifacts. Send some: bucle artifacts put FILE run:${run}\n`,
    });
    expect((await bucle(['artifacts', 'get', run])).code).toBe(5);
  });

  test('what cannot be sent or found is said with the next step', async () => {
    expect(await bucle(['artifacts', 'put', 'no-such-file', run])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('cannot be read'),
    });
    expect(await bucle(['artifacts', 'get', run, 'a/b', '--to', 'x'])).toMatchObject({
      code: 5,
      stderr: `error: run:${run} has no artifact a/b.\n  next: What it has: \`bucle artifacts ls run:${run} --recursive\`.\n`,
    });
    expect((await bucle(['artifacts', 'ls'])).code).toBe(2);
    expect(await stat(join(folder, 'x')).catch(() => null)).toBeNull();
  });
});
