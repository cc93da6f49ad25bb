import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from '../../test/cli.ts';
import { freePort } from '../../test/free-port.ts';
import { testPython } from '../../test/python.ts';
import { testApp } from '../../test/test-app.ts';
import { inheritedEnvironment } from '../platform/config/inherited-environment.ts';
import { run } from '../platform/processes/run.ts';
import { makeSource, reportOf } from './made-source.fixture.ts';

describe('an import of an MLflow server', () => {
  const stop = new AbortController();
  let folder = '';
  let url = '';
  let ended: Promise<unknown> = Promise.resolve();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bucle-mlflow-server-'));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const words = ['-m', 'mlflow', 'server', '--workers', '1', '--port', String(port)];
    const store = ['--backend-store-uri', `sqlite:///${join(folder, 'mlflow.db')}`];
    const files = ['--artifacts-destination', join(folder, 'mlartifacts')];
    const env = { ...inheritedEnvironment(), PYTHONDONTWRITEBYTECODE: '1' };
    ended = run(testPython(), [...words, ...store, ...files], { env, cwd: folder, signal: stop.signal }).catch(
      () => {},
    );
    for (let up = false; !up; await sleep(200)) {
      up = await fetch(`${url}/health`).then(
        (response) => response.ok,
        () => false,
      );
    }
    await makeSource(folder, url);
  }, 300_000);

  afterAll(async () => {
    stop.abort();
    await ended;
    await rm(folder, { recursive: true, force: true });
  });

  test('brings what its database says, row by row, and its files through its proxy', async () => {
    await using app = await testApp({ background: false });
    const words = ['--json', '--url', app.baseUrl];
    const first = reportOf(await cli(['import', 'mlflow', url, ...words]));
    expect(first).toMatchObject({
      equal: true,
      differences: [],
      problems: [],
      source: { kind: 'server', address: url },
    });
    expect(first.kinds['artifacts']?.bucle.count).toBeGreaterThan(10);
    const again = reportOf(await cli(['import', 'mlflow', url, ...words]));
    expect([again.written, again.equal]).toEqual([0, true]);
    // The database has the deleted logged model, and its files have times: the rest is there already.
    const direct = reportOf(await cli(['import', 'mlflow', join(folder, 'mlflow.db'), ...words]));
    expect(direct).toMatchObject({ equal: true, differences: [], problems: [] });
    expect(direct.import).toBe(first.import);
    expect(direct.written).toBe(1 + (direct.kinds['artifacts']?.source.count ?? 0));
    const { 'logged models': _, 'logged model params': __, ...both } = direct.kinds;
    for (const [kind, { source }] of Object.entries(both))
      expect([kind, source]).toEqual([kind, first.kinds[kind]?.source]);
  }, 120_000);
});

test('whatever a server gives in pages is taken whole, and files go where the server keeps those of new runs', async () => {
  const root = await mkdtemp(join(tmpdir(), 'bucle-import-root-'));
  await using from = await testApp({ background: false });
  await using to = await testApp({
    background: false,
    config: { artifacts: { serve: true, only: false, defaultRoot: root } },
  });
  const post = (path: string, json: object) => from.client.request('POST', `/api/2.0/mlflow/${path}`, { json });
  const ids: string[] = [];
  for (let n = 0; n < 205; n += 1) {
    const made = (await post('runs/create', { experiment_id: '0', start_time: 7 })) as {
      run: { info: { run_id: string } };
    };
    ids.push(made.run.info.run_id);
  }
  const [run = ''] = ids;
  for (let batch = 0; batch < 26; batch += 1) {
    const points = Array.from({ length: 1_000 }, (_, n) => batch * 1_000 + n);
    await post('runs/log-batch', {
      ...{ run_id: run, metrics: points.map((n) => ({ key: 'm', value: n / 2, timestamp: 1 + (n % 7), step: n })) },
    });
  }
  const path = `/api/2.0/mlflow-artifacts/artifacts/0/${run}/artifacts/a%20b/c.txt`;
  await fetch(`${from.baseUrl}${path}`, { method: 'PUT', body: 'hello' });
  const report = reportOf(await cli(['import', 'mlflow', from.baseUrl, '--json', '--url', to.baseUrl]));
  expect(report).toMatchObject({ equal: true, problems: [], differences: [] });
  expect(report.kinds).toMatchObject({
    runs: { bucle: { count: 205 } },
    'metric points': { bucle: { count: 26_000 } },
  });
  expect(await readFile(join(root, '0', run, 'artifacts', 'a b', 'c.txt'), 'utf8')).toBe('hello');
  const { run: moved } = await to.client.request<{ run: { info: object } }>('GET', '/api/2.0/mlflow/runs/get', {
    query: { run_id: run },
  });
  expect(moved.info).toMatchObject({ artifact_uri: `${root}/0/${run}/artifacts` });
  await rm(root, { recursive: true });
}, 60_000);

describe('a server that is no MLflow', () => {
  const ask = async (answer: (count: number, authorization: string) => [number, string, Record<string, string>?]) => {
    let count = 0;
    const server = createServer((request, response) => {
      count += 1;
      const [status, body, headers = {}] = answer(count, request.headers.authorization ?? '');
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
    });
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    await using app = await testApp({ background: false });
    try {
      const words = ['import', 'mlflow', `http://127.0.0.1:${port}`, '--dry-run', '--url', app.baseUrl];
      const env = { MLFLOW_TRACKING_USERNAME: 'ada', MLFLOW_TRACKING_PASSWORD: 'secret' };
      return { ...(await cli(words, { env })), count };
    } finally {
      server.close();
    }
  };

  test('is asked again when it is busy, with the credentials of the environment', async () => {
    const basic = `Basic ${Buffer.from('ada:secret').toString('base64')}`;
    const { code, count } = await ask((n, authorization) =>
      n < 3 ? [n === 1 ? 503 : 429, '', { 'retry-after': '0' }] : [authorization === basic ? 200 : 401, '{}'],
    );
    expect(code).toBe(0);
    expect(count).toBeGreaterThan(3);
  });

  test.each([
    [401, '', {}, 'MLFLOW_TRACKING_TOKEN'],
    [302, '', { location: 'https://login.example/' }, 'sends clients on to https://login.example/'],
    [404, '<html>', {}, 'MLFLOW_TRACKING_URI'],
    [200, '<html>hello', {}, 'something else than JSON: <html>hello'],
    [503, '', { 'retry-after': '0' }, 'it answers 503'],
  ])('that answers %s is told from one', async (status, body, headers, said) => {
    const { code, stderr } = await ask(() => [status, body, headers as Record<string, string>]);
    expect([code === 0, stderr]).toEqual([false, expect.stringContaining(said)]);
    expect(stderr).not.toContain('secret');
  });
});
