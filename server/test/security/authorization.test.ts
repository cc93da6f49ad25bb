import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createToken, type NewToken } from '../../src/platform/auth/create-token.ts';
import { type TestApp, testApp } from '../test-app.ts';
import { oddForms, type Route, readRoutes } from './routes.ts';

let app: TestApp;
let routes: readonly Route[];

beforeAll(async () => {
  app = await testApp({ background: false, config: { host: '0.0.0.0', staticPrefix: '/ml' } });
  routes = readRoutes(app.app.printRoutes());
});
afterAll(() => app[Symbol.asyncDispose]());

const OPEN = /^\/(health|version|openapi\.json|schemas\/bucle\.json)$/;

async function secretOf(token: Omit<NewToken, 'name'>): Promise<string> {
  const name = `${token.kind}-${token.scopes.join('-')}`;
  return (await app.context.db.transaction((trx) => createToken(trx, app.context, { name, ...token }))).secret;
}

/** Each odd form of each route that was answered otherwise than with 401 and 403. */
async function passed(authorization: string | null, chosen: (route: Route) => boolean): Promise<string[]> {
  const found: string[] = [];
  for (const { method, path } of routes.filter((route) => chosen(route) && !OPEN.test(route.path))) {
    for (const url of oddForms(path)) {
      const headers = { host: 'localhost', ...(authorization === null ? {} : { authorization }) };
      const { statusCode } = await app.app.inject({ method: method as 'GET', url, headers });
      if (statusCode !== 401 && statusCode !== 403) found.push(`${method} ${url} ${statusCode}`);
    }
  }
  return found;
}

describe('every route, in every way to write it', { timeout: 60_000 }, () => {
  test('is closed to callers without a token', async () => {
    expect(routes.length).toBeGreaterThan(300);
    expect(await passed(null, () => true)).toEqual([]);
  });

  test('is closed to passwords that servers had by default', async () => {
    const some = (route: Route) => route.path.endsWith('/search') || route.path.includes('/tokens');
    for (const pair of ['admin:password1234', 'admin:password', 'admin:', ':', 'admin:admin']) {
      expect(await passed(`Basic ${Buffer.from(pair).toString('base64')}`, some)).toEqual([]);
    }
  });

  test('is closed to gateways, but for what gateways are there for', async () => {
    const gateway = await secretOf({ kind: 'gateway', scopes: ['read'] });
    expect(await passed(`Bearer ${gateway}`, ({ path }) => !path.includes('/gateway/'))).toEqual([]);
  });

  test('that administers is closed to writers', async () => {
    const writer = await secretOf({ kind: 'token', scopes: ['write'] });
    const found = await passed(`Bearer ${writer}`, ({ path }) => /^\/api\/v1\/(tokens|webhooks)/.test(path));
    expect(found.filter((line) => / 2\d\d$/.test(line))).toEqual([]);
  });
});

describe('credentials', () => {
  test('are long, kept as hashes, and none is there that somebody could know', async () => {
    const secret = await secretOf({ kind: 'token', scopes: ['admin'] });
    expect(secret.length).toBeGreaterThan(40);
    const rows = await app.context.db.read.selectFrom('tokens').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(secret);
  });
});
