import { request } from 'node:http';
import { connect } from 'node:net';
import { Type } from 'typebox';
import { describe, expect, test } from 'vitest';
import { localPrincipal, type Principal } from '../auth/principal.ts';
import { createLog } from '../log.ts';
import { type App, createHttp } from './create-http.ts';
import type { FrontDoor } from './front-door.ts';

const principals: Record<string, Principal> = {
  reader: { kind: 'token', name: 'reader', scopes: ['read'] },
  writer: { kind: 'token', name: 'writer', scopes: ['write'] },
  job: { kind: 'job', name: 'job-1', scopes: ['write'], jobId: '1' },
};

const door: FrontDoor = {
  ...{ host: '127.0.0.1', allowedHosts: [], corsOrigins: [], frameOptions: 'SAMEORIGIN', frontDoor: true },
};

async function open(
  options: { required?: boolean; door?: Partial<FrontDoor>; staticPrefix?: string } = {},
): Promise<App> {
  const app = createHttp({
    log: createLog('silent', 'test'),
    door: { ...door, ...options.door },
    staticPrefix: options.staticPrefix ?? '',
    authenticate: async (authorization) => {
      if (authorization === undefined) return options.required ? null : localPrincipal;
      return principals[authorization.replace('Bearer ', '')] ?? null;
    },
  });
  app.post(
    '/things',
    { schema: { body: Type.Object({ count: Type.Integer() }, { additionalProperties: false }) } },
    async ({ body }) => body,
  );
  app.post('/runs', { config: { jobs: true } }, async () => ({ ok: true }));
  app.get('/things', { schema: { querystring: Type.Object({ limit: Type.Integer() }) } }, async ({ query }) => query);
  app.get('/open', { config: { scope: 'none' } }, async () => 'open');
  app.get('/broken', async () => {
    throw new Error('secret detail: password=1234');
  });
  return app;
}

const host = { host: 'localhost:7070' };

describe('the HTTP front door', () => {
  test('a Host that is not ours is refused, an allowed one is not', async () => {
    const app = await open({ door: { allowedHosts: ['ml.example.org'] } });
    const status = async (name: string) => (await app.inject({ url: '/open', headers: { host: name } })).statusCode;
    expect(await status('evil.example')).toBe(403);
    expect(await status('localhost.evil.example')).toBe(403);
    expect(await status('127.0.0.1.evil.example:7070')).toBe(403);
    expect(await status('[::1]:7070')).toBe(200);
    expect(await status('ML.example.org')).toBe(200);
  });

  test('an IPv6 address that the server listens on is its own, written as browsers do', async () => {
    const app = await open({ door: { host: 'fd00::1', allowedHosts: ['x'] } });
    const status = async (name: string) => (await app.inject({ url: '/open', headers: { host: name } })).statusCode;
    expect(await status('[fd00::1]:7070')).toBe(200);
    expect(await status('[fd00::2]:7070')).toBe(403);
  });

  test('private addresses are ours while no list says otherwise; a name that looks like one is not', async () => {
    const status = async (app: App, name: string) =>
      (await app.inject({ url: '/open', headers: { host: name } })).statusCode;
    const usual = await open();
    for (const name of ['10.1.2.3:7070', '192.168.0.9', '172.31.0.1:1', '[fd12::1]:7070', '0.0.0.0:7070']) {
      expect([name, await status(usual, name)]).toEqual([name, 200]);
    }
    for (const name of [
      '10.evil.example',
      '192.168.1.1.evil.example',
      '172.32.0.1',
      '8.8.8.8',
      '[2001:db8::1]',
      '.',
      'a@b',
      '[::1',
    ]) {
      expect([name, await status(usual, name)]).toEqual([name, 403]);
    }
    expect(await status(await open({ door: { allowedHosts: ['ml.example.org'] } }), '10.1.2.3')).toBe(403);
  });

  test.each([
    ['ml.example.org', 'ml.example.org:8080', 200],
    ['ml.example.org:7070', 'ml.example.org:7070', 200],
    ['ml.example.org:7070', 'ml.example.org:7071', 403],
    ['app-*.internal', 'app-1.internal', 200],
    ['app-*.internal', 'app-1.internal.evil.example', 403],
    ['192.168.*', '192.168.4.5:7070', 200],
    ['192.168.*', '192.168.evil.example', 403],
    ['*', 'anything.example', 200],
  ])('the pattern %s and the Host %s: %i', async (pattern, name, expected) => {
    const app = await open({ door: { allowedHosts: [pattern] } });
    expect((await app.inject({ url: '/open', headers: { host: name } })).statusCode).toBe(expected);
  });

  test('MLflow’s paths refuse in its words, and the checks of load balancers come by any name', async () => {
    const app = await open();
    for (const url of ['/health', '/version']) app.get(url, { config: { scope: 'none' } }, async () => 'OK');
    const evil = { host: 'evil.example' };
    const refused = await app.inject({ url: '/api/2.0/mlflow/runs/get', headers: evil });
    expect([refused.statusCode, refused.headers['content-type'], refused.body]).toEqual([
      ...[403, 'text/plain', 'Invalid Host header - possible DNS rebinding attack detected'],
    ]);
    const crossed = await app.inject({
      method: 'POST',
      url: '/ajax-api/2.0/mlflow/x',
      headers: { ...host, origin: 'https://evil.example' },
    });
    expect([crossed.statusCode, crossed.body]).toEqual([403, 'Cross-origin request blocked']);
    expect((await app.inject({ url: '/health', headers: evil })).statusCode).toBe(200);
    expect((await app.inject({ url: '/version', headers: evil })).statusCode).toBe(200);
    expect((await app.inject({ url: '/health/x', headers: evil })).statusCode).toBe(403);
  });

  test('pages that are listed may use the server from a browser, others get no header that lets them', async () => {
    const app = await open({ door: { corsOrigins: ['https://app.example.org', 'https://*.lab.example.org'] } });
    const ask = async (origin: string) => {
      const headers = {
        ...host,
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-a',
      };
      const { statusCode, headers: got } = await app.inject({ method: 'OPTIONS', url: '/things', headers });
      return [statusCode, got['access-control-allow-origin'], got['access-control-allow-credentials']];
    };
    for (const origin of [
      'https://app.example.org',
      'https://a.lab.example.org',
      'http://localhost:3000',
      'http://[::1]:1',
    ]) {
      expect(await ask(origin)).toEqual([204, origin, 'true']);
    }
    for (const origin of [
      'https://evil.example',
      'http://app.example.org',
      'https://app.example.org.evil.example',
      'null',
    ]) {
      expect(await ask(origin)).toEqual([403, undefined, undefined]);
    }
    const read = await app.inject({ url: '/open', headers: { ...host, origin: 'https://evil.example' } });
    expect([read.statusCode, read.headers['access-control-allow-origin']]).toEqual([200, undefined]);
  });

  test('all pages may when * is listed, but never with the password that a browser knows', async () => {
    const app = await open({ door: { corsOrigins: ['*'] } });
    const { headers } = await app.inject({ url: '/open', headers: { ...host, origin: 'https://evil.example' } });
    expect(headers).toMatchObject({ 'access-control-allow-origin': '*' });
    expect(headers['access-control-allow-credentials']).toBeUndefined();
  });

  test('a page of this very server may change things, by whatever address it was reached', async () => {
    const app = await open();
    const post = async (name: string, origin: string) =>
      (await app.inject({ method: 'POST', url: '/things', headers: { host: name, origin }, payload: { count: 1 } }))
        .statusCode;
    expect(await post('10.0.0.7:7070', 'http://10.0.0.7:7070')).toBe(200);
    expect(await post('10.0.0.7:7070', 'http://10.0.0.8:7070')).toBe(403);
    expect(await post('10.0.0.7:7070', 'http://10.0.0.7:8080')).toBe(403);
  });

  test('frames and the disabled door are as they were asked for', async () => {
    const headersOf = async (some: Partial<FrontDoor>, name = 'localhost') =>
      (await (await open({ door: some })).inject({ url: '/open', headers: { host: name } })).headers;
    expect(await headersOf({})).toMatchObject({
      ...{ 'x-frame-options': 'SAMEORIGIN', 'x-content-type-options': 'nosniff' },
      'content-security-policy': "default-src 'none'; frame-ancestors 'self'",
    });
    expect((await headersOf({ frameOptions: 'DENY' }))['x-frame-options']).toBe('DENY');
    expect((await headersOf({ frameOptions: 'NONE' }))['x-frame-options']).toBeUndefined();
    const app = await open({ door: { frontDoor: false } });
    expect((await app.inject({ url: '/open', headers: { host: 'evil.example' } })).statusCode).toBe(200);
  });

  test('a prefix may stand before every path, and nothing but the whole of it is cut off', async () => {
    const app = await open({ staticPrefix: '/ml' });
    const status = async (url: string) => (await app.inject({ url, headers: host })).statusCode;
    expect([await status('/ml/open'), await status('/open')]).toEqual([200, 200]);
    expect([await status('/mlopen'), await status('/ml/ml/open'), await status('/ML/open')]).toEqual([404, 404, 404]);
    expect((await app.inject({ url: '/ml/things?limit=2', headers: host })).json()).toEqual({ limit: 2 });
  });

  test('a foreign page can change nothing, but our own and clients without Origin can', async () => {
    const app = await open();
    const post = async (origin?: string) =>
      (
        await app.inject({
          method: 'POST',
          url: '/things',
          headers: { ...host, ...(origin ? { origin } : {}) },
          payload: { count: 1 },
        })
      ).statusCode;
    expect(await post('https://evil.example')).toBe(403);
    expect(await post('null')).toBe(403);
    expect(await post('http://localhost:5173')).toBe(200);
    expect(await post()).toBe(200);
  });

  test('where tokens are required, a request without one gets 401 and the way to get one', async () => {
    const app = await open({ required: true });
    const response = await app.inject({ url: '/things?limit=1', headers: host });
    expect(response.statusCode).toBe(401);
    expect(response.headers['www-authenticate']).toBe('Basic realm="mlflow"');
    expect(response.json()).toMatchObject({
      code: 'PLATFORM_UNAUTHENTICATED',
      next: expect.stringContaining('bucle tokens create'),
    });
    expect((await app.inject({ url: '/open', headers: host })).statusCode).toBe(200);
  });

  test('a reader may not write, and a job may write only where the route lets jobs in', async () => {
    const app = await open({ required: true });
    const post = async (url: string, who: string) =>
      (
        await app.inject({
          method: 'POST',
          url,
          headers: { ...host, authorization: `Bearer ${who}` },
          payload: { count: 1 },
        })
      ).statusCode;
    expect(await post('/things', 'reader')).toBe(403);
    expect(await post('/things', 'writer')).toBe(200);
    expect(await post('/things', 'job')).toBe(403);
    expect(await post('/runs', 'job')).toBe(200);
    expect(await post('/runs', 'nobody')).toBe(401);
  });
});

describe('requests and problems', () => {
  test.each([
    [{ count: '1' }, 'body.count must be integer.'],
    [{ count: 1, extra: true }, 'body must NOT have additional properties (extra).'],
    [{}, "body must have required property 'count'."],
  ])('a body %j is refused: nothing is guessed', async (payload, title) => {
    const app = await open();
    const response = await app.inject({ method: 'POST', url: '/things', headers: host, payload });
    expect(response.statusCode).toBe(400);
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(response.json()).toMatchObject({ code: 'PLATFORM_INVALID_REQUEST', title, status: 400 });
  });

  test('numbers in a query string are read as numbers', async () => {
    const app = await open();
    expect((await app.inject({ url: '/things?limit=5', headers: host })).json()).toEqual({ limit: 5 });
  });

  test('malformed JSON is the client’s mistake', async () => {
    const app = await open();
    const headers = { ...host, 'content-type': 'application/json' };
    const response = await app.inject({ method: 'POST', url: '/things', headers, payload: '{"count":' });
    expect(response.statusCode).toBe(400);
  });

  test('a body that is too large is refused with the number of bytes that are taken', async () => {
    const app = await open();
    const headers = { ...host, 'content-type': 'application/json', 'content-length': String(2 ** 40) };
    const response = await app.inject({ method: 'POST', url: '/things', headers, payload: '{}' });
    expect(response.statusCode).toBe(413);
    expect(response.json().title).toBe(`The request body is larger than ${32 * 1024 * 1024} bytes.`);
  });

  test('what the database cannot keep is the client’s mistake', async () => {
    const app = await open();
    app.get('/unkeepable', async () => {
      throw Object.assign(new Error('invalid byte sequence for encoding "UTF8": 0x00'), { code: '22021' });
    });
    const response = await app.inject({ url: '/unkeepable', headers: host });
    expect(response.statusCode).toBe(400);
    expect(response.body).not.toContain('0x00');
  });

  test('an unexpected failure tells the caller a request id and nothing else', async () => {
    const app = await open();
    const response = await app.inject({ url: '/broken', headers: host });
    expect(response.statusCode).toBe(500);
    expect(response.body).not.toContain('secret detail');
    expect(response.json()).toMatchObject({ code: 'PLATFORM_INTERNAL', request: response.headers['bucle-request-id'] });
  });

  test('an unknown route is a problem too', async () => {
    const app = await open();
    const response = await app.inject({ url: '/nowhere?x=1', headers: host });
    expect(response.json()).toMatchObject({
      status: 404,
      code: 'PLATFORM_ROUTE_NOT_FOUND',
      title: 'No route answers GET /nowhere.',
    });
  });

  test('a client that sends its headers forever is cut off', async () => {
    const app = await open();
    expect(app.server.headersTimeout).toBe(10_000);
    await app.listen({ host: '127.0.0.1', port: 0 });
    const address = app.server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const answered = await new Promise<number | undefined>((resolve, reject) => {
      const sent = request({ port, path: '/open' }, (response) => resolve(response.statusCode));
      sent.on('error', reject);
      sent.end();
    });
    expect(answered).toBe(200);
    await app.close();
  });

  test('a connection that never said anything does not hold up the end', async () => {
    const app = await open();
    await app.listen({ host: '127.0.0.1', port: 0 });
    const address = app.server.address();
    const silent = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1');
    const gone = new Promise((resolve) => silent.once('close', resolve));
    await new Promise((resolve) => app.server.once('connection', resolve));
    const began = performance.now();
    await app.close();
    await gone;
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
