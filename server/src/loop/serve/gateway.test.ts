import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createToken } from '../../platform/auth/create-token.ts';
import { deploy, untilState } from '../deploy/test-gateway.fixture.ts';
import { findPrediction } from './find-prediction.ts';
import { get, openServing, post, tinyAnswer, tinyRow, untilServing } from './gateway.fixture.ts';
import type { Gateway } from './gateway-main.ts';

const body = { dataframe_records: [tinyRow] };
const ask = (gateway: Gateway, headers: Readonly<Record<string, string>> = {}) =>
  post(`${gateway.url}/endpoints/flights/invocations`, body, headers);

const wrongAnswer = (document: Record<string, unknown>) => ({
  ...document,
  requests: (document['requests'] as { outputs: number[][] }[]).map((request, at) =>
    at === 0 ? { ...request, outputs: request.outputs.map(() => [0.5, 0.5]) } : request,
  ),
});

async function kept(gateway: Gateway): Promise<number> {
  const text = String((await get(`${gateway.url}/metrics`)).body['text']);
  return Number(/bucle_captures\{state="kept"\} (\d+)/.exec(text)?.[1]);
}

describe('a gateway', () => {
  test('proves a deployment, gives it its traffic and answers, each answer captured', async () => {
    await using serving = await openServing();
    await using gateway = await serving.start();
    expect((await get(`${gateway.url}/v2/models/flights/ready`)).status).toBe(404);
    const deployment = await serving.deployReady('flights', { version: 'tiny/1' });
    expect(deployment).toMatchObject({ serving_engine: 'onnx', parity: { passed: true, engine: 'onnx' } });
    await untilServing(gateway, 'flights');
    const answer = await ask(gateway);
    expect((answer.body['predictions'] as number[][])[0]?.[0]).toBeCloseTo(tinyAnswer[0] ?? 0, 6);
    await ask(gateway);
    await post(`${gateway.url}/endpoints/flights/invocations`, { dataframe_records: [{}] });
    expect(await kept(gateway)).toBe(2);
    const id = answer.headers.get('bucle-prediction-id') ?? '';
    await expect
      .poll(() => serving.t.client.request('GET', `/api/v1/predictions/${id}.0`).catch(() => null), { timeout: 60_000 })
      .not.toBe(null);
    await expect
      .poll(async () => (await untilState(serving.t.client, deployment, ['ready'])).traffic, { timeout: 60_000 })
      .toBe(100);
  });

  test('captures key and event time of each row, although they are no input of the model', async () => {
    await using serving = await openServing();
    await using gateway = await serving.start();
    const json = { name: 'flights', key: 'flight', event_time: { feature: 'at', header: null } };
    await serving.t.client.request('POST', '/api/v1/endpoints', { json });
    await serving.deployReady('flights', { version: 'tiny/1' });
    await untilServing(gateway, 'flights');
    const rows = ['UA1', 'UA2'].map((flight, at) => ({ ...tinyRow, flight, at: `2013-01-0${at + 1}T00:00:00Z` }));
    const ofRows = await post(`${gateway.url}/endpoints/flights/invocations`, { dataframe_records: rows });
    expect((ofRows.body['predictions'] as number[][])[1]?.[0]).toBeCloseTo(tinyAnswer[0] ?? 0, 6);
    const column = (name: string, datatype: string, value: unknown) => ({
      name,
      datatype,
      shape: [1, 1],
      data: [value],
    });
    const inputs = [
      ...Object.entries(tinyRow).map(([name, value]) =>
        column(name, typeof value === 'string' ? 'BYTES' : 'FP64', value),
      ),
      column('flight', 'BYTES', 'UA3'),
    ];
    const byOip = await post(`${gateway.url}/v2/models/flights/infer`, { inputs });
    expect(byOip.status).toBe(200);
    const byHeader = await ask(gateway, { 'bucle-key': 'UA4' });
    const captured = async ({ headers }: { headers: Headers }) => {
      const id = headers.get('bucle-prediction-id') ?? '';
      await expect
        .poll(() => findPrediction(serving.t.context, id).catch(() => null), { timeout: 60_000 })
        .not.toBe(null);
      return findPrediction(serving.t.context, id);
    };
    const days = [Date.UTC(2013, 0, 1), Date.UTC(2013, 0, 2)];
    expect(await captured(ofRows)).toMatchObject({
      ...{ key: 'UA1', keys: ['UA1', 'UA2'], event_time: days[0], event_times: days },
      columns: ['distance', 'hour', 'carrier', 'flight', 'at'],
    });
    expect(await captured(byOip)).toMatchObject({ key: 'UA3', keys: ['UA3'], event_times: null });
    expect(await captured(byHeader)).toMatchObject({ key: 'UA4', keys: null });
  });

  test('answers while the control server is away, also after a restart, from its own disk', async () => {
    const serving = await openServing();
    let gateway = await serving.start();
    const deployment = await serving.deployReady('flights', { version: 'tiny/1' });
    await untilServing(gateway, 'flights');
    const id = await readFile(join(serving.gatewayData, 'gateway', 'id'), 'utf8');
    await serving.stopServer();
    expect((await ask(gateway)).status).toBe(200);
    await gateway[Symbol.asyncDispose]();
    gateway = await serving.start();
    await untilServing(gateway, 'flights');
    const answer = await ask(gateway);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('bucle-deployment')).toBe(deployment.id);
    expect(await readFile(join(serving.gatewayData, 'gateway', 'id'), 'utf8')).toBe(id);
    expect(await kept(gateway)).toBe(2);
    await gateway[Symbol.asyncDispose]();
    await serving[Symbol.asyncDispose]();
  });

  test('gives no traffic to what does not reproduce its golden answers, and the former version goes on', async () => {
    await using serving = await openServing({ 'tiny.1': {}, 'tiny.2': { golden: wrongAnswer } });
    await using gateway = await serving.start();
    await serving.deployReady('flights', { version: 'tiny/1' });
    await untilServing(gateway, 'flights');
    const bad = await deploy(serving.t.client, 'flights', {
      version: 'tiny/2',
      traffic: 100,
      engine: 'onnx',
      reason: 'a test',
    });
    const failed = await untilState(serving.t.client, bad, ['failed']);
    expect(failed).toMatchObject({
      traffic: 0,
      failure: { step: 'parity', reason: expect.stringContaining('Golden row 0 of example') },
    });
    for (let times = 0; times < 5; times += 1) {
      expect((await ask(gateway)).headers.get('bucle-model-version')).toBe('tiny/1');
    }
    await expect.poll(() => ask(gateway, { 'bucle-deployment': bad.id })).toMatchObject({ status: 404 });
  });

  test('splits traffic as told, and drains what was retired', async () => {
    await using serving = await openServing({ 'tiny.1': {}, 'tiny.2': {} });
    await using gateway = await serving.start();
    const first = await serving.deployReady('flights', { version: 'tiny/1' });
    const second = await serving.deployReady('flights', { version: 'tiny/2', traffic: 25 });
    await expect.poll(async () => (await untilState(serving.t.client, second, ['ready'])).traffic).toBe(25);
    const versions: (string | null)[] = [];
    for (let times = 0; times < 400; times += 1) {
      versions.push((await ask(gateway)).headers.get('bucle-model-version'));
    }
    const share = versions.filter((version) => version === 'tiny/2').length / versions.length;
    // Four standard deviations of 400 requests at 25 %.
    expect(Math.abs(share - 0.25)).toBeLessThan(0.087);
    await serving.t.client.request('PUT', '/api/v1/endpoints/flights/traffic', {
      json: { traffic: { [second.id]: 100 }, reason: 'a test' },
    });
    await serving.t.client.request('DELETE', `/api/v1/endpoints/flights/deployments/${first.id}`);
    const asking = Array.from({ length: 50 }, () => ask(gateway));
    expect((await Promise.all(asking)).map(({ status }) => status)).toEqual(asking.map(() => 200));
    await expect.poll(async () => (await ask(gateway, { 'bucle-deployment': first.id })).status).toBe(404);
    const models = join(serving.gatewayData, 'gateway', 'models');
    // Its model and golden answers are gone; the ONNX form, which both share, is not.
    await expect.poll(async () => (await readdir(models)).length, { timeout: 60_000 }).toBe(3);
    expect((await ask(gateway)).headers.get('bucle-model-version')).toBe('tiny/2');
  });

  test('takes another number of workers without missing a request', async () => {
    await using serving = await openServing();
    await using gateway = await serving.start();
    await serving.deployReady('flights', { version: 'tiny/1' });
    await untilServing(gateway, 'flights');
    await serving.t.client.request('PATCH', '/api/v1/endpoints/flights', { json: { workers: 2 } });
    const workers = async () => String((await get(`${gateway.url}/metrics`)).body['text']);
    await expect
      .poll(
        async () => {
          expect((await ask(gateway)).status).toBe(200);
          return workers();
        },
        { timeout: 20_000 },
      )
      .toMatch(/bucle_workers\{endpoint="flights",deployment="[^"]+"\} 2/);
  });

  test('off loopback asks callers for a token, which it knows while the control server is away', async () => {
    await using serving = await openServing();
    const { context } = serving.t;
    const { secret } = await context.db.transaction((trx) =>
      createToken(trx, context, { name: 'caller', kind: 'token', scopes: ['read'] }),
    );
    await serving.startAndStop('flights', { version: 'tiny/1' });
    await serving.stopServer();
    await using gateway = await serving.start({ host: '0.0.0.0', allowedHosts: ['127.0.0.1'] });
    const url = gateway.url.replace('0.0.0.0', '127.0.0.1');
    const reach = { ...gateway, url };
    await expect.poll(async () => (await get(`${url}/v2/health/ready`)).status, { timeout: 60_000 }).toBe(200);
    expect(await ask(reach)).toMatchObject({ status: 401, body: { error_code: 'UNAUTHENTICATED' } });
    expect((await ask(reach, { authorization: 'Bearer bucle_wrong' })).status).toBe(401);
    expect((await ask(reach, { authorization: `Bearer ${secret}` })).status).toBe(200);
  });

  test('is alone in its folder', async () => {
    await using serving = await openServing();
    await using _gateway = await serving.start();
    await expect(serving.start()).rejects.toMatchObject({ code: 'SERVE_ALREADY_RUNNING' });
  });
});
