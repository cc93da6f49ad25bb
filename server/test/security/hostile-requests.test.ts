import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestApp, testApp } from '../test-app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await testApp({ background: false });
});
afterAll(() => app[Symbol.asyncDispose]());

const MLFLOW = '/api/2.0/mlflow';
const json = { 'content-type': 'application/json' };

async function post(path: string, body: string, headers: Record<string, string> = json) {
  const began = performance.now();
  const answer = await fetch(`${app.baseUrl}${path}`, { method: 'POST', headers, body });
  const text = await answer.text();
  return { status: answer.status, text, headers: answer.headers, ms: performance.now() - began };
}

describe('a request that is to tie the server down', { timeout: 60_000 }, () => {
  test.each([
    ['a name of 10 MB', 'experiments/create', JSON.stringify({ name: 'x'.repeat(1e7) })],
    ['a model name of 10 MB', 'registered-models/create', JSON.stringify({ name: 'x'.repeat(1e7) })],
    ['JSON 200,000 levels deep', 'runs/search', `{"experiment_ids":${'['.repeat(2e5)}${']'.repeat(2e5)}}`],
    [
      '100,000 clauses',
      'runs/search',
      JSON.stringify({ experiment_ids: ['0'], filter: Array(1e5).fill('metrics.a > 1').join(' AND ') }),
    ],
    ['a text that never ends', 'runs/search', `{"filter": "${'\\"'.repeat(2e6)}`],
    [
      'quotes that never end in a filter',
      'runs/search',
      JSON.stringify({ experiment_ids: ['0'], filter: `'`.repeat(1e5) }),
    ],
    ['brackets that never end', 'runs/search', JSON.stringify({ experiment_ids: ['0'], filter: '('.repeat(1e5) })],
    [
      'a list of 100,000 orders',
      'runs/search',
      JSON.stringify({ experiment_ids: ['0'], order_by: Array(1e5).fill('metrics.a') }),
    ],
  ])('%s is refused at once', async (_what, operation, body) => {
    const { status, text, ms } = await post(`${MLFLOW}/${operation}`, body);
    expect(status).toBe(400);
    expect(JSON.parse(text)).toHaveProperty('error_code');
    expect(text.length).toBeLessThan(100_000);
    expect(ms).toBeLessThan(4_000);
  });

  test('a body above the limit is refused in words of the client, and never with 5xx', async () => {
    const { status, text } = await post(`${MLFLOW}/runs/log-batch`, `{"run_id":"${'x'.repeat(33 * 1024 * 1024)}"}`);
    expect([400, 413]).toContain(status);
    expect(text).toContain('larger than');
  });

  test('a pattern made to be slow is answered fast', async () => {
    const filter = `attributes.run_name LIKE '${'%a'.repeat(2_000)}%b'`;
    const { status, ms } = await post(`${MLFLOW}/runs/search`, JSON.stringify({ experiment_ids: ['0'], filter }));
    expect(status).toBeLessThan(500);
    expect(ms).toBeLessThan(4_000);
  });

  test('a header or a query of a megabyte never reaches a handler', async () => {
    const big = 'x'.repeat(1e6);
    const header = await fetch(`${app.baseUrl}/version`, { headers: { 'x-big': big } }).catch(() => ({ status: 431 }));
    expect(header.status).toBe(431);
    const query = await fetch(`${app.baseUrl}${MLFLOW}/runs/get?run_id=${big}`).catch(() => ({ status: 431 }));
    expect([400, 414, 431]).toContain(query.status);
  });
});

describe('keys that reach for the prototype', () => {
  test.each(['__proto__', 'constructor', 'toString'])('%s in a body changes nothing and fails nothing', async (key) => {
    for (const path of [`${MLFLOW}/experiments/search`, `${MLFLOW}/runs/search`, '/api/v1/project/validate']) {
      const { status } = await post(
        path,
        `{"max_results": 1, "${key}": {"polluted": "yes", "prototype": {"polluted": 1}}}`,
      );
      expect(status).toBeLessThan(500);
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('the same key twice is one key', async () => {
    expect((await post(`${MLFLOW}/experiments/search`, '{"max_results": 1, "max_results": 2}')).status).toBe(200);
  });
});

describe('what a browser is shown', () => {
  test.each([
    ['GET', '/<script>alert(1)</script>', {}],
    ['GET', `${MLFLOW}/runs/get?run_id=<script>alert(1)</script>`, {}],
    ['GET', `${MLFLOW}/<img src=x onerror=alert(1)>`, {}],
    ['POST', `${MLFLOW}/runs/search`, { 'content-type': 'text/html<script>alert(1)</script>' }],
  ])('%s %s is no page', async (method, url, headers) => {
    const answer = await app.app.inject({
      method: method as 'GET',
      url: encodeURI(url),
      headers: { host: 'localhost', ...headers },
    });
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    expect(answer.statusCode).toBeLessThan(500);
    expect(answer.headers['content-type']).toMatch(/^(application\/(problem\+)?json|text\/plain)/);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
  });
});

describe('verbs', () => {
  test('a wrong one gets 405 and those that are right; HEAD is answered like GET', async () => {
    const ask = (method: string, url: string) =>
      app.app.inject({ method: method as 'GET', url, headers: { host: 'localhost' } });
    const wrong = await ask('DELETE', `${MLFLOW}/runs/search`);
    expect([wrong.statusCode, wrong.headers['allow']]).toEqual([405, 'POST']);
    expect((await ask('PUT', '/api/v1/status')).statusCode).toBe(405);
    expect((await ask('HEAD', '/health')).statusCode).toBe(200);
    expect((await ask('GET', `${MLFLOW}/no/such`)).json()).toMatchObject({ error_code: 'ENDPOINT_NOT_FOUND' });
  });
});

describe('the code of the server', () => {
  test('runs no text: no eval, no shell, no pickle', async () => {
    const files = globSync('src/**/*.ts', { cwd: new URL('../..', import.meta.url) }).filter(
      (name) => !/\.test\.ts$/.test(name),
    );
    expect(files.length).toBeGreaterThan(300);
    const found: string[] = [];
    for (const name of files) {
      const text = await readFile(new URL(`../../${name}`, import.meta.url), 'utf8');
      if (/\beval\(|new Function\(|shell:\s*true|\bexecSync\(|pickle\.loads?\(/.test(text)) found.push(name);
    }
    expect(found).toEqual([]);
  });
});
