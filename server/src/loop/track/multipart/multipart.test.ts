import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BlobKind, blobKinds, hasBlobs } from '../../../../test/blob-stores.ts';
import { testPython } from '../../../../test/python.ts';
import { type TestApp, testApp } from '../../../../test/test-app.ts';
import type { Stage } from '../../../context.ts';
import { createToken } from '../../../platform/auth/create-token.ts';
import { inheritedEnvironment } from '../../../platform/config/inherited-environment.ts';
import { run } from '../../../platform/processes/run.ts';
import { trackStage } from '../stage.ts';

const script = fileURLToPath(new URL('./multipart-client.fixture.py', import.meta.url));
const API = '/api/2.0/mlflow-artifacts';

interface Created {
  readonly upload_id: string;
  readonly credentials: readonly { readonly url: string; readonly part_number: number }[];
}

const stores = [
  ...blobKinds.filter(hasBlobs).map((kind) => ({ name: `${kind.name}, through this server`, kind, direct: false })),
  ...blobKinds
    .filter((kind) => kind.name === 'S3' && hasBlobs(kind))
    .map((kind) => ({ name: 'S3, past this server', kind, direct: true })),
];

/** Notes what is asked for, without the names. */
const watch = (seen: Set<string>): Stage => ({
  name: 'watch',
  migrations: [],
  errors: {},
  routes(app) {
    app.addHook('onResponse', async ({ method, url }, { statusCode }) => {
      const part = /mlflow-artifacts\/(mpu\/\w+|\w+)/.exec(url)?.[1];
      if (part !== undefined) seen.add(`${statusCode} ${method} ${part}`);
    });
  },
});

async function openOn(kind: BlobKind, direct: boolean, stages: readonly Stage[] = [trackStage]) {
  const { config } = await kind.create();
  return testApp({
    blobs: config.kind === 's3' ? { ...config, direct } : config,
    stages,
    background: false,
    config: { requireTokens: true },
  });
}

async function newToken(app: TestApp, scope: 'read' | 'write'): Promise<string> {
  const token = { name: scope, kind: 'token', scopes: [scope] } as const;
  return (await app.context.db.transaction((trx) => createToken(trx, app.context, token))).secret;
}

describe.each(stores)('a big artifact on $name', ({ kind, direct }) => {
  test('goes and comes in parts with the stock client, under a name that needs quoting', async () => {
    const seen = new Set<string>();
    await using app = await openOn(kind, direct, [watch(seen), trackStage]);
    const result = await run(testPython(), [script], {
      env: {
        ...inheritedEnvironment(),
        MLFLOW_TRACKING_URI: app.baseUrl,
        MLFLOW_TRACKING_TOKEN: await newToken(app, 'write'),
        MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD: 'true',
        MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD: 'true',
        MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE: '1000',
        MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE: String(5 << 20),
        MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE: String(4 << 20),
        PYTHONDONTWRITEBYTECODE: '1',
      },
      timeoutMs: 120_000,
    });
    expect(JSON.parse(result.stdout.trim().split('\n').at(-1) || JSON.stringify(result.stderr))).toEqual({
      same: true,
      names: [["model dir/gewichte é %+'1.bin", (11 << 20) + 3]],
    });
    const through = direct ? [] : ['200 PUT signed', '206 GET signed'];
    expect([...seen].sort()).toEqual(
      ['200 GET presigned', '200 POST mpu/complete', '200 POST mpu/create', '200 GET artifacts', ...through].sort(),
    );
  });
});

describe('a signed URL', () => {
  let app: TestApp;
  let token: string;
  beforeAll(async () => {
    app = await openOn(blobKinds[0] as BlobKind, false);
    token = await newToken(app, 'write');
  });
  afterAll(() => app[Symbol.asyncDispose]());

  const send = (step: string, body: object, as: string | null = token) =>
    fetch(`${app.baseUrl}${API}/mpu/${step}/0/r/artifacts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(as === null ? {} : { authorization: `Bearer ${as}` }) },
      body: JSON.stringify(body),
    });
  const create = async (path: string, num_parts: number) =>
    (await (await send('create', { path, num_parts })).json()) as Created;

  test('is good for its own part, path and method only, and for a day', async () => {
    const { upload_id, credentials } = await create('/home/me/f.bin', 2);
    const [first, second] = credentials.map(({ url }) => url);
    if (first === undefined || second === undefined) throw new Error('two parts were asked for');
    const put = async (url: string, method = 'PUT') =>
      (await fetch(url, { method, ...(method === 'PUT' ? { body: 'abc' } : {}) })).status;
    const forged = (change: (url: URL) => void) => {
      const url = new URL(first);
      change(url);
      return String(url);
    };
    expect(first).toContain('/0/r/artifacts/f.bin?');
    const refused = [
      forged((url) => url.searchParams.set('part_number', '2')),
      forged((url) => url.searchParams.set('upload_id', 'x')),
      forged((url) => url.searchParams.set('expires', '99999999999')),
      forged((url) => url.searchParams.delete('signature')),
      forged((url) => url.searchParams.set('signature', 'x')),
      forged((url) => {
        url.pathname = url.pathname.replace('f.bin', 'g.bin');
      }),
      forged((url) => {
        url.pathname = url.pathname.replace('/0/r', '/0/..%2f..%2fr');
      }),
    ];
    for (const url of refused) expect([url, await put(url)]).toEqual([url, 403]);
    expect(await put(first, 'GET')).toBe(403);
    expect(await put(second)).toBe(200);
    const etag = (await fetch(first, { method: 'PUT', body: 'def' })).headers.get('etag');
    expect(etag).toMatch(/^"[\w-]+"$/);
    const gap = await send('complete', { path: 'f.bin', upload_id, parts: [{ part_number: 2, etag }] });
    expect(gap.status).toBe(400);
    expect((await send('abort', { path: 'f.bin', upload_id })).status).toBe(200);
    expect(await put(first)).toBe(404);
  });

  test.each(['../../x', '%2e%2e', 'a/%2e%2e', 'C:\\up\\..', 'x#y', 'a\u0000b'])(
    'is never made for the path %j',
    async (path) => {
      const answer = await send('create', { path: `${path}/..`, num_parts: 1 });
      expect(answer.status).toBe(400);
      const inFolder = await fetch(`${app.baseUrl}${API}/mpu/create/${encodeURIComponent(path)}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ path: '..', num_parts: 1 }),
      });
      expect(inFolder.status).toBe(400);
    },
  );

  test('is made for nobody who may not write', async () => {
    const reader = await newToken(app, 'read');
    for (const step of ['create', 'complete', 'abort']) {
      const body = { path: 'f', num_parts: 1, upload_id: 'x', parts: [{ part_number: 1, etag: 'x' }] };
      expect([(await send(step, body, null)).status, (await send(step, body, reader)).status]).toEqual([401, 403]);
    }
  });
});
