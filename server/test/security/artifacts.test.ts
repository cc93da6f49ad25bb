import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rawRequest } from '../../src/loop/track/mlflow-http.fixture.ts';
import { trackStage } from '../../src/loop/track/stage.ts';
import { type BlobKind, blobKinds, hasBlobs } from '../blob-stores.ts';
import { type TestApp, testApp } from '../test-app.ts';

const PROXY = '/api/2.0/mlflow-artifacts/artifacts';
const TRAVERSALS = [
  '../../x',
  '..%2f..%2fx',
  '%2e%2e/%2e%2e/x',
  '%252e%252e%252f%252e%252e%252fx',
  'a/..%5c..%5cx',
  '/etc/passwd',
  '%2fetc%2fpasswd',
  '//proc/self/environ',
  'C:%5cWindows%5cwin.ini',
  'C:/Windows/win.ini',
  '%5c%5chost%5cshare',
  'file:///etc/passwd',
  'dbfs:/../x',
  'a%3f/../x',
  'a%00/../x',
  '.partial/x',
];

async function openOn(kind: BlobKind) {
  const { config } = await kind.create();
  const app = await testApp({ blobs: config, stages: [trackStage], background: false });
  const made = await (await post(app, 'runs/create', { experiment_id: '0' })).json();
  const run = (made as { run: { info: { run_id: string } } }).run.info.run_id;
  return { ...app, run, blobs: config };
}

function post(app: TestApp, path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${app.baseUrl}/api/2.0/mlflow/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

describe.each(blobKinds.filter(hasBlobs))('artifacts on $name', (kind) => {
  test('are not left by a path, whoever takes it', async () => {
    await using app = await openOn(kind);
    const { run } = app;
    for (const path of TRAVERSALS) {
      const once = encodeURIComponent(path);
      const asked = [
        ['GET', `/get-artifact?run_id=${run}&path=${path}`],
        ['GET', `/get-artifact?run_id=${run}&path=${once}`],
        ['GET', `/api/2.0/mlflow/artifacts/list?run_id=${run}&path=${path}`],
        ['POST', `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run}&path=${path}`],
        ['GET', `/api/2.0/mlflow-artifacts/presigned/${path}`],
        ['GET', `${PROXY}/${path}`],
        ['PUT', `${PROXY}/${path}`],
        ['DELETE', `${PROXY}/${path}`],
      ] as const;
      for (const [method, url] of asked) {
        const { status, text } = await rawRequest(app, method, url, method === 'GET' ? '' : 'evil');
        // A listing of what is not there is empty.
        const fine =
          [400, 404].includes(status) ||
          (url.includes('/list') && text === `{"root_uri":"mlflow-artifacts:/0/${run}/artifacts"}`);
        expect([method, url, status, fine || isPlainName(path)]).toEqual([method, url, status, true]);
        expect(text).not.toMatch(/root:|PATH=/);
      }
    }
    if (app.blobs.kind !== 'disk') return;
    expect((await readdir(dirname(app.blobs.path))).includes('x')).toBe(false);
    expect((await readdir(app.blobs.path)).filter((name) => name !== 'artifacts' && name !== '.partial')).toEqual([]);
  });

  test.each([
    'http:///#/../../../etc/',
    'file:///etc',
    'FILE:///etc',
    'file://localhost/etc',
    '/etc',
    'mlflow-artifacts:/../../etc',
    'mlflow-artifacts:/%2e%2e/etc',
    's3://other-bucket/x?a=../../etc',
    's3://other-bucket/x',
  ])('are not read from the location %j that a client gave an experiment', async (artifact_location) => {
    await using app = await openOn(kind);
    const made = await post(app, 'experiments/create', { name: 'crafted', artifact_location });
    if (made.status === 400) return;
    const { experiment_id } = (await made.json()) as { experiment_id: string };
    const created = (await (await post(app, 'runs/create', { experiment_id })).json()) as {
      run: { info: { run_id: string } };
    };
    const { run_id } = created.run.info;
    for (const path of ['passwd', 'hosts']) {
      const file = await fetch(`${app.baseUrl}/get-artifact?run_id=${run_id}&path=${path}`);
      expect([400, 404]).toContain(file.status);
    }
    const list = await (await fetch(`${app.baseUrl}/api/2.0/mlflow/artifacts/list?run_id=${run_id}`)).json();
    expect((list as { files?: unknown }).files).toBeUndefined();
    const upload = `${app.baseUrl}/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run_id}&path=evil`;
    await fetch(upload, { method: 'POST', body: 'evil' });
    await expect(readdir('/etc')).resolves.not.toContain('evil');
  });

  test('are never a page of this origin, whatever they are and are said to be', async () => {
    await using app = await openOn(kind);
    for (const [name, type] of [
      ['x.html', 'text/html'],
      ['x.svg', 'image/svg+xml'],
      ['MLmodel', 'text/plain'],
      ['model.pkl', 'application/octet-stream'],
    ] as const) {
      const path = `0/${app.run}/artifacts/${name}`;
      await fetch(`${app.baseUrl}${PROXY}/${path}`, {
        method: 'PUT',
        body: '<script>alert(1)</script>',
        headers: { 'content-type': 'text/html"><script>' },
      });
      for (const url of [`${PROXY}/${path}`, `/get-artifact?run_id=${app.run}&path=${name}`]) {
        const { headers } = await fetch(`${app.baseUrl}${url}`);
        expect(Object.fromEntries(headers)).toMatchObject({
          'content-type': type,
          'content-disposition': `attachment; filename=${name}`,
          'x-content-type-options': 'nosniff',
          'content-security-policy': "default-src 'none'; sandbox",
        });
      }
    }
  });

  test('have names that cannot end a header', async () => {
    await using app = await openOn(kind);
    for (const [name, shown] of [
      ['a"b;c.txt', 'attachment; filename="a\\"b;c.txt"'],
      ['a b+%.txt', 'attachment; filename="a b+%.txt"'],
      ['日本語', "attachment; filename=download; filename*=UTF-8''%E6%97%A5%E6%9C%AC%E8%AA%9E"],
    ]) {
      const url = `${app.baseUrl}${PROXY}/0/${app.run}/artifacts/${encodeURIComponent(name ?? '')}`;
      expect((await fetch(url, { method: 'PUT', body: 'x' })).status).toBe(200);
      expect((await fetch(url)).headers.get('content-disposition')).toBe(shown);
    }
    const split = `${PROXY}/0/${app.run}/artifacts/a%0d%0aX-Evil:%201`;
    for (const method of ['PUT', 'GET']) expect((await rawRequest(app, method, split)).status).toBe(400);
  });
});

function isPlainName(path: string): boolean {
  return path === 'a%3f/../x' || path === 'dbfs:/../x' ? false : path === '.partial/x';
}

test('on disk a symbolic link among the artifacts leads nowhere', async () => {
  const [disk] = blobKinds;
  if (!disk) throw new Error('disk is always there');
  await using app = await openOn(disk);
  if (app.blobs.kind !== 'disk') throw new Error('not disk');
  const folder = join(app.blobs.path, 'artifacts', '0', app.run, 'artifacts');
  await mkdir(folder, { recursive: true });
  await writeFile(join(dirname(app.blobs.path), 'bucle-outside'), 'outside');
  await symlink('/etc', join(folder, 'etc'));
  await symlink('/etc/passwd', join(folder, 'passwd'));
  const at = (path: string) => `${app.baseUrl}${PROXY}/0/${app.run}/artifacts/${path}`;
  for (const path of ['etc/passwd', 'passwd', 'etc']) expect([400, 404]).toContain((await fetch(at(path))).status);
  expect((await fetch(at('etc/evil'), { method: 'PUT', body: 'x' })).status).toBe(400);
  const list = await fetch(`${app.baseUrl}/api/2.0/mlflow/artifacts/list?run_id=${app.run}&path=etc`);
  expect(await list.text()).not.toContain('passwd');
  expect((await fetch(at('etc'), { method: 'DELETE' })).status).toBe(200);
  expect(await readdir('/etc')).toContain('passwd');
});

test('a server that serves no artifacts says so in MLflow’s words, and one that serves nothing else too', async () => {
  const artifacts = { serve: true, only: false, defaultRoot: 'mlflow-artifacts:' };
  const open = (change: object) =>
    testApp({ stages: [trackStage], background: false, config: { artifacts: { ...artifacts, ...change } } });
  await using off = await open({ serve: false });
  for (const path of ['/artifacts?path=x', '/artifacts/x', '/presigned/x']) {
    const answer = await fetch(`${off.baseUrl}/api/2.0/mlflow-artifacts${path}`);
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('with `--no-serve-artifacts`')]);
  }
  expect((await post(off, 'runs/create', { experiment_id: '0' })).status).toBe(200);
  await using only = await open({ only: true });
  const refused = await post(only, 'runs/create', { experiment_id: '0' });
  expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining('in `--artifacts-only` mode')]);
  expect((await fetch(`${only.baseUrl}${PROXY}/f`, { method: 'PUT', body: 'x' })).status).toBe(200);
});
