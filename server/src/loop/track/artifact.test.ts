import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type BlobKind, blobKinds, hasBlobs } from '../../../test/blob-stores.ts';
import { databases } from '../../../test/databases.ts';
import { type TestApp, testApp } from '../../../test/test-app.ts';
import { mlflowApp, rawRequest } from './mlflow-http.fixture.ts';
import { trackStage } from './stage.ts';

const PROXY = '/api/2.0/mlflow-artifacts/artifacts';
const openOn = async (kind: BlobKind) => {
  const store = await kind.create();
  const app = await testApp({ blobs: store.config, stages: [trackStage], background: false });
  const put = (path: string, body: string | Uint8Array<ArrayBuffer>, type = 'text/html') =>
    fetch(`${app.baseUrl}${PROXY}/${path}`, { method: 'PUT', body, headers: { 'content-type': type } });
  return { ...app, put, url: (path: string) => `${app.baseUrl}${PROXY}/${path}` };
};

describe.each(blobKinds)('artifacts on $name', (kind) => {
  const on = test.skipIf(!hasBlobs(kind));

  on(
    'what was uploaded is listed, downloaded in whole or in part, replaced, and deleted with all below it',
    async () => {
      await using app = await openOn(kind);
      expect((await app.put('0/r/artifacts/a%20b/%C3%A9%25.html', '<script>1</script>')).status).toBe(200);
      await app.put('0/r/artifacts/empty', '');
      await app.put('0/r/artifacts/empty2', new Uint8Array(), 'application/octet-stream');
      const list = async (path: string) =>
        (await fetch(`${app.baseUrl}${PROXY}?path=${encodeURIComponent(path)}`)).json();
      expect(await list('0/r/artifacts')).toEqual({
        files: [
          { path: 'a b', is_dir: true },
          { path: 'empty', is_dir: false },
          { path: 'empty2', is_dir: false },
        ],
      });
      expect(await list('0/r/artifacts/a b')).toEqual({ files: [{ path: 'é%.html', is_dir: false, file_size: 18 }] });
      expect(await list('0/r/artifacts/nothing')).toEqual({});
      const url = app.url('0/r/artifacts/a%20b/%C3%A9%25.html');
      const whole = await fetch(url);
      expect(await whole.text()).toBe('<script>1</script>');
      expect(Object.fromEntries(whole.headers)).toMatchObject({
        'content-type': 'text/html',
        'content-disposition': `attachment; filename=e%.html; filename*=UTF-8''%C3%A9%25.html`,
        'x-content-type-options': 'nosniff',
        'content-length': '18',
      });
      const part = async (range: string) => {
        const answer = await fetch(url, { headers: { range } });
        return [answer.status, answer.headers.get('content-range'), await answer.text()];
      };
      expect(await part('bytes=1-6')).toEqual([206, 'bytes 1-6/18', 'script']);
      expect(await part('bytes=-3')).toEqual([206, 'bytes 15-17/18', 'pt>']);
      expect(await part('bytes=17-99')).toEqual([206, 'bytes 17-17/18', '>']);
      expect(await part('bytes=18-')).toEqual([416, 'bytes */18', '']);
      expect(await part('lines=1-2')).toEqual([200, null, '<script>1</script>']);
      const etag = whole.headers.get('etag') ?? '';
      expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
      const head = await fetch(url, { method: 'HEAD' });
      expect([head.status, head.headers.get('content-length'), head.headers.get('etag')]).toEqual([200, '18', etag]);
      await app.put('0/r/artifacts/a%20b/%C3%A9%25.html', 'new');
      expect(await (await fetch(url)).text()).toBe('new');
      expect((await fetch(app.url('0/r/artifacts/a%20b'))).status).toBe(400);
      for (let i = 0; i < 2; i += 1) {
        const gone = await fetch(app.url('0/r/artifacts/a%20b'), { method: 'DELETE' });
        expect([gone.status, await gone.json()]).toEqual([200, {}]);
      }
      const missing = await fetch(url);
      expect([missing.status, ((await missing.json()) as { error_code: string }).error_code]).toEqual([
        404,
        'RESOURCE_DOES_NOT_EXIST',
      ]);
    },
  );

  on('an upload that breaks off leaves what was there', async () => {
    await using app = await openOn(kind);
    await app.put('0/r/artifacts/f', 'old');
    const { hostname, port } = new URL(app.baseUrl);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(`PUT ${PROXY}/0/r/artifacts/f HTTP/1.1\r\nHost: ${hostname}\r\nContent-Length: 1000\r\n\r\nnew`);
        setTimeout(() => socket.destroy(), 100);
      });
      socket.once('close', () => resolve());
    });
    expect(await (await fetch(app.url('0/r/artifacts/f'))).text()).toBe('old');
  });

  on('no path leads out of the artifacts, in whatever encoding', async () => {
    await using app = await openOn(kind);
    const before = await outside(app);
    const paths = [
      '../x',
      '0/../../x',
      '..%2fx',
      '%2e%2e/x',
      '%2e%2e%2fx',
      '%252e%252e%252fx',
      '%25252e%25252e%25252fx',
      '..%5cx',
      '/etc/passwd',
      '%2fetc/passwd',
      '//etc/passwd',
      'C:%5cx',
      'a%00b',
      'a%23b',
      'a//b',
      './a',
      'a/./b',
      'file:///etc/passwd',
      '%5c%5csrv%5cx',
      'a/..',
      '%',
      '%c0%ae%c0%ae/x',
    ];
    for (const method of ['GET', 'PUT', 'DELETE', 'HEAD']) {
      for (const path of paths) {
        const { status, text } = await rawRequest(app, method, `${PROXY}/${path}`, method === 'PUT' ? 'evil' : '');
        expect([method, path, [400, 404].includes(status)]).toEqual([method, path, true]);
        expect(text).not.toContain('root:');
      }
    }
    for (const path of ['..', '../..', '%2e%2e', '/etc', '0/../../packs']) {
      expect((await rawRequest(app, 'GET', `${PROXY}?path=${path}`)).status).toBe(400);
    }
    expect(await outside(app)).toEqual(before);
  });
});

/** What lies beside the artifacts, on disk. */
async function outside(app: TestApp): Promise<string[]> {
  const { blobs } = app.context.config;
  return blobs.kind === 'disk' ? (await readdir(dirname(blobs.path))).filter((name) => name === 'x') : [];
}

test('a run lists its own artifacts from its root, and paths that climb are refused', async () => {
  const [database] = databases;
  if (!database) throw new Error('SQLite is always there');
  await using app = await mlflowApp(database);
  const run_id = await app.newRun();
  const { artifact_uri } = (await app.get('runs/get', { run_id })).body.run.info;
  expect(artifact_uri).toBe(`mlflow-artifacts:/0/${run_id}/artifacts`);
  await fetch(`${app.baseUrl}${PROXY}/0/${run_id}/artifacts/d/f.txt`, { method: 'PUT', body: 'abc' });
  expect((await app.get('artifacts/list', { run_id })).body).toEqual({
    root_uri: artifact_uri,
    files: [{ path: 'd', is_dir: true }],
  });
  expect((await app.get('artifacts/list', { run_id, path: 'd' })).body.files).toEqual([
    { path: 'd/f.txt', is_dir: false, file_size: 3 },
  ]);
  expect((await app.get('artifacts/list', { run_id, path: 'd/f.txt' })).body.files).toBeUndefined();
  expect((await app.get('artifacts/list', { run_id, path: '../..' })).body.message).toBe('Invalid path');
  const file = await fetch(`${app.baseUrl}/get-artifact?run_uuid=${run_id}&path=d/f.txt`);
  expect([await file.text(), file.headers.get('content-disposition')]).toEqual(['abc', 'attachment; filename=f.txt']);
  const climbing = await fetch(`${app.baseUrl}/get-artifact?run_id=${run_id}&path=../../x`);
  expect(climbing.status).toBe(400);
});

test('what is not served says so in words that clients understand', async () => {
  const [database] = databases;
  if (!database) throw new Error('SQLite is always there');
  await using app = await mlflowApp(database);
  const ask = async (path: string, method = 'GET') => {
    const answer = await fetch(`${app.baseUrl}${path}`, { method });
    const text = await answer.text();
    return [answer.status, text.startsWith('{') ? (JSON.parse(text) as { error_code: string }).error_code : text];
  };
  expect(await ask('/api/2.0/mlflow/gateway/nothing', 'POST')).toEqual([404, 'ENDPOINT_NOT_FOUND']);
  expect(await ask('/ajax-api/3.0/mlflow/jobs/search', 'POST')).toEqual([404, 'ENDPOINT_NOT_FOUND']);
  expect(await ask('/health')).toEqual([200, 'OK']);
  expect(await ask('/version')).toEqual([200, expect.stringMatching(/^3\.\d+\.\d+$/)]);
});

test('requests are read as leniently as MLflow reads them, at all four addresses', async () => {
  const [database] = databases;
  if (!database) throw new Error('SQLite is always there');
  await using app = await mlflowApp(database);
  const ask = async (path: string, body: string, type = 'application/json') => {
    const init = { method: 'POST', body, headers: { 'content-type': type } };
    const answer = await fetch(`${app.baseUrl}${path}`, init);
    return [answer.status, ((await answer.json()) as { message?: string }).message?.slice(0, 40)];
  };
  const search = JSON.stringify({ maxResults: '5', unknown: { a: 1 } });
  for (const prefix of ['/api/2.0', '/api/3.0', '/ajax-api/2.0', '/ajax-api/3.0']) {
    expect(await ask(`${prefix}/mlflow/experiments/search`, search)).toEqual([200, undefined]);
  }
  const path = '/api/2.0/mlflow/experiments/search';
  expect(await ask(path, JSON.stringify(search))).toEqual([200, undefined]);
  expect(await ask(path, search, 'application/json; charset=utf-8')).toEqual([200, undefined]);
  expect(await ask(path, search, 'text/plain')).toEqual([400, 'Bad Request. Content-Type must be one of']);
  expect(await ask(path, '')).toEqual([400, "Invalid value 0 for parameter 'max_resul"]);
  expect(await ask(path, '[1]')).toEqual([400, 'The request body must be a JSON object.']);
  expect(await ask(path, '{')).toEqual([400, 'The request body is not JSON: Expected p']);
});
