import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createToken, type NewToken } from '../src/platform/auth/create-token.ts';
import { type Route, readRoutes } from './security/routes.ts';
import { type TestApp, testApp } from './test-app.ts';

let app: TestApp;
let routes: readonly Route[];

// An address that others reach: so every caller has to show a token.
beforeAll(async () => {
  app = await testApp({ background: false, config: { host: '0.0.0.0' } });
  routes = readRoutes(app.app.printRoutes());
});
afterAll(() => app[Symbol.asyncDispose]());

/** Says to MLflow's clients, in their words, that there is no such route. */
const NOTHING = /^\/(ajax-)?api\/[23]\.0\/\*$/;
const PREFIXES = /^\/(ajax-)?api\/[23]\.0\/mlflow\//;

async function tokenOf(token: Omit<NewToken, 'name'>): Promise<string> {
  const name = `${token.kind}-${token.scopes.join('-')}`;
  return (await app.context.db.transaction((trx) => createToken(trx, app.context, { name, ...token }))).secret;
}

/** Routes that let this caller in, whatever they answer then; those that MLflow's clients know by four names once. */
async function openTo(token: string | null, chosen: (route: Route) => boolean): Promise<string[]> {
  const open = new Set<string>();
  for (const route of routes.filter((one) => chosen(one) && !NOTHING.test(one.path))) {
    const { statusCode } = await app.app.inject({
      method: route.method as 'GET',
      url: route.path.replaceAll(/:\w+|\*/g, 'x'),
      headers: { host: 'localhost', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
    });
    if (statusCode !== 401 && statusCode !== 403) {
      open.add(`${route.method} ${route.path.replace(PREFIXES, '').replace(/^\/ajax-api/, '/api')}`);
    }
  }
  return [...open].sort();
}

const reads = ({ method }: Route) => method === 'GET';
const writes = ({ method }: Route) => method !== 'GET' && method !== 'HEAD';

describe('every route of the control server', () => {
  test('asks for a token, but for the description of the API and what MLflow’s clients ask before they have one', async () => {
    expect(routes.length).toBeGreaterThan(250);
    expect(await openTo(null, (route) => reads(route) || writes(route))).toEqual([
      'GET /health',
      'GET /openapi.json',
      'GET /schemas/bucle.json',
      'GET /version',
    ]);
    expect(await openTo('bucle_unknown', ({ path }) => path !== '/health' && path !== '/version')).toEqual([
      'GET /openapi.json',
      'GET /schemas/bucle.json',
      'HEAD /openapi.json',
      'HEAD /schemas/bucle.json',
    ]);
  });

  test('changes nothing for a token that may only read', async () => {
    expect(await openTo(await tokenOf({ kind: 'token', scopes: ['read'] }), writes)).toEqual([
      'POST /api/v1/chunks/fetch',
      'POST /api/v1/project/plan',
      'POST /api/v1/project/validate',
      'POST artifacts/presigned-download-url',
      'POST experiments/search',
      'POST experiments/search-datasets',
      'POST logged-models/search',
      'POST registered-models/get-latest-versions',
      'POST runs/search',
      'POST traces/batchGetInfos',
      'POST traces/metrics',
      'POST traces/search',
    ]);
  });

  test('keeps tokens and webhooks for administrators', async () => {
    const writer = await tokenOf({ kind: 'token', scopes: ['write'] });
    const open = await openTo(writer, ({ path }) => /^\/api\/v1\/(tokens|webhooks)/.test(path));
    expect(open).toEqual([]);
  });

  test('lets the token of a job write where the run of a job is checked, and nowhere else', async () => {
    expect(await openTo(await tokenOf({ kind: 'job', scopes: ['write'], jobId: 'j' }), writes)).toMatchInlineSnapshot(`
      [
        "DELETE logged-models/:model_id/tags/:tag_key",
        "DELETE model-versions/delete-tag",
        "DELETE traces/:trace_id/assessments/:assessment_id",
        "DELETE traces/:trace_id/tags",
        "PATCH logged-models/:model_id",
        "PATCH logged-models/:model_id/tags",
        "PATCH model-versions/update",
        "PATCH traces/:trace_id/assessments/:assessment_id",
        "PATCH traces/:trace_id/tags",
        "POST /api/2.0/mlflow-artifacts/mpu/abort/*",
        "POST /api/2.0/mlflow-artifacts/mpu/complete/*",
        "POST /api/2.0/mlflow-artifacts/mpu/create/*",
        "POST /api/v1/chunks/fetch",
        "POST /api/v1/project/plan",
        "POST /api/v1/project/validate",
        "POST /v1/traces",
        "POST artifacts/presigned-download-url",
        "POST artifacts/presigned-upload-url",
        "POST experiments/create",
        "POST experiments/search",
        "POST experiments/search-datasets",
        "POST logged-models",
        "POST logged-models/:model_id/params",
        "POST logged-models/search",
        "POST model-versions/create",
        "POST model-versions/set-tag",
        "POST registered-models/create",
        "POST registered-models/get-latest-versions",
        "POST runs/create",
        "POST runs/delete-tag",
        "POST runs/log-batch",
        "POST runs/log-inputs",
        "POST runs/log-metric",
        "POST runs/log-model",
        "POST runs/log-parameter",
        "POST runs/outputs",
        "POST runs/search",
        "POST runs/set-tag",
        "POST runs/update",
        "POST traces",
        "POST traces/:trace_id/assessments",
        "POST traces/batchGetInfos",
        "POST traces/link-prompts",
        "POST traces/link-to-run",
        "POST traces/metrics",
        "POST traces/search",
        "POST upload-artifact",
        "PUT /api/v1/logged-models/:model/golden",
      ]
    `);
  });

  test('lets the token of a gateway do what gateways are for, and nothing else', async () => {
    const gateway = await tokenOf({ kind: 'gateway', scopes: ['read'] });
    expect(await openTo(gateway, (route) => reads(route) || writes(route))).toEqual([
      'GET /api/v1/gateway/desired-state',
      'GET /api/v1/gateway/files/:sha256',
      'GET /api/v1/gateway/models/:model/files/*',
      'GET /health',
      'GET /openapi.json',
      'GET /schemas/bucle.json',
      'GET /version',
      'POST /api/v1/gateway/captures',
      'POST /api/v1/gateway/observations',
    ]);
  });
});
