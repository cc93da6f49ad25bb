import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeploymentView } from '../../deploy/test-gateway.fixture.ts';
import { get, openServing, post, type ServingTest, tinyAnswer, tinyRow, untilServing } from '../gateway.fixture.ts';
import type { Gateway } from '../gateway-main.ts';

let serving: ServingTest;
let gateway: Gateway;
let deployment: DeploymentView;
const at = (path: string) => `${gateway.url}${path}`;
const invoke = (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  post(at('/endpoints/flights/invocations'), body, headers);

beforeAll(async () => {
  serving = await openServing({ 'tiny.1': {}, 'tiny.2': {} });
  gateway = await serving.start();
  deployment = await serving.deployReady('flights', { version: 'tiny/1' });
  await serving.deployReady('flights', { version: 'tiny/2', traffic: 0 });
  await untilServing(gateway, 'flights');
}, 90_000);
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await serving?.[Symbol.asyncDispose]();
});

const columns = ['distance', 'hour', 'carrier'];
const row = [1600.2, 23, 'UA'];
const close = (predictions: unknown, count = 1) => {
  const rows = predictions as number[][];
  expect(rows).toHaveLength(count);
  for (const [at, value] of tinyAnswer.entries()) expect(rows[0]?.[at]).toBeCloseTo(value, 6);
};

describe('MLflow’s scoring protocol', () => {
  test.each([
    ['dataframe_split', { dataframe_split: { columns, data: [row] } }],
    ['dataframe_records', { dataframe_records: [tinyRow] }],
    ['records with a column that the model does not know', { dataframe_records: [{ x: 1, ...tinyRow }] }],
    ['instances', { instances: [tinyRow] }],
    ['inputs by column', { inputs: { distance: [1600.2], hour: [[23]], carrier: ['UA'] } }],
    ['numbers as text', { inputs: { distance: '1600.2', hour: '23', carrier: 'UA' } }],
    ['params', { inputs: { distance: 1600.2, hour: 23, carrier: 'UA' }, params: {} }],
  ])('answers %s', async (_name, body) => {
    const answer = await invoke(body);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json');
    close(answer.body['predictions']);
  });

  test('answers CSV', async () => {
    const csv = 'carrier,hour,distance\nUA,23,1600.2\nUA,7,2253.3\n';
    const answer = await invoke(csv, { 'content-type': 'text/csv' });
    expect(answer.status).toBe(200);
    close(answer.body['predictions'], 2);
  });

  test('a model of the ONNX engine that takes no missing value says which column it is, NaN or null', async () => {
    const body = '{"dataframe_records": [{"distance": NaN, "hour": 23, "carrier": "UA"}]}';
    expect(await invoke(body)).toMatchObject({
      status: 400,
      body: { error_code: 'BAD_REQUEST', message: 'The column distance must not be missing.' },
    });
    const nothing = await invoke({ dataframe_records: [{ ...tinyRow, hour: null }] });
    expect(nothing.body['message']).toBe('The column hour must not be missing.');
  });

  test.each([
    [{ dataframe_records: [{ distance: 1, hour: 2 }] }, 400, 'The model is missing the column carrier.'],
    [{ dataframe_records: [{ ...tinyRow, hour: 'late' }] }, 400, 'The column hour must be double'],
    [{ instances: [[1, 2, 3]] }, 400, 'takes columns by name'],
    ['{"dataframe_records": [', 400, 'the body is not JSON'],
    ['', 400, 'the body is not JSON'],
    ['5', 400, 'exactly one of the input fields'],
  ])('a mistake %j of the caller is told as such', async (body, status, message) => {
    const answer = await invoke(body);
    expect(answer).toMatchObject({ status, body: { error_code: 'BAD_REQUEST' } });
    expect(answer.body['message']).toContain(message);
    expect(answer.headers.get('bucle-prediction-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('every answer has an id of its own, of version 7', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => invoke({ dataframe_records: [tinyRow] })));
    const ids = answers.map(({ headers }) => headers.get('bucle-prediction-id') ?? '');
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });

  test('a deployment without traffic answers who asks for it by path or header', async () => {
    const body = { dataframe_records: [tinyRow] };
    const { deployments } = await serving.t.client.request<{ deployments: DeploymentView[] }>(
      'GET',
      '/api/v1/endpoints/flights',
    );
    const second = deployments.find(({ version }) => version === 'version:tiny/2')?.id ?? '';
    const byPath = await post(at(`/endpoints/flights/deployments/${second}/invocations`), body);
    const byHeader = await invoke(body, { 'bucle-deployment': second });
    for (const answer of [byPath, byHeader]) {
      expect(answer.status).toBe(200);
      expect(answer.headers.get('bucle-model-version')).toBe('tiny/2');
    }
    expect(await invoke(body, { 'bucle-deployment': 'none' })).toMatchObject({
      status: 404,
      body: { code: 'SERVE_DEPLOYMENT_NOT_FOUND' },
    });
  });

  test('what does not exist is 404 in the protocol’s own shape', async () => {
    expect(await post(at('/endpoints/none/invocations'), {})).toMatchObject({ status: 400 });
    expect(await post(at('/endpoints/none/invocations'), { inputs: [1] })).toMatchObject({
      status: 404,
      body: { error_code: 'RESOURCE_DOES_NOT_EXIST', code: 'SERVE_ENDPOINT_NOT_FOUND' },
    });
    expect(await post(at('/endpoints/flights/other'), {})).toMatchObject({
      status: 404,
      body: { error_code: 'RESOURCE_DOES_NOT_EXIST' },
    });
  });

  test('a body that is too large is 413, other types are 415, a bad deadline is 400', async () => {
    const large = await invoke(`{"inputs": "${'x'.repeat(64 * 1024 * 1024)}"}`).catch(() => null);
    // The connection may be cut while the body is still being sent.
    if (large) expect(large).toMatchObject({ status: 413, body: { error_code: 'REQUEST_LIMIT_EXCEEDED' } });
    expect((await invoke('x', { 'content-type': 'application/xml' })).status).toBe(415);
    expect((await invoke('x', { 'content-encoding': 'gzip' })).status).toBe(415);
    expect((await invoke({ inputs: [1] }, { 'bucle-timeout-ms': 'soon' })).status).toBe(400);
    expect((await invoke({ dataframe_records: [tinyRow] })).status).toBe(200);
  });

  test('who waits no longer than told gets 504, and a large batch of somebody else still its answer', async () => {
    const data = Array.from({ length: 60_000 }, () => row);
    const large = invoke({ dataframe_split: { columns, data } });
    const hurried = () => invoke({ dataframe_records: [tinyRow] }, { 'bucle-timeout-ms': '1' });
    await expect.poll(hurried, { timeout: 60_000, interval: 5 }).toMatchObject({
      status: 504,
      body: { error_code: 'DEADLINE_EXCEEDED', message: expect.stringContaining('did not answer within') },
    });
    close((await large).body['predictions'], data.length);
  });

  test('ping, health and version', async () => {
    expect(await get(at('/endpoints/flights/ping'))).toMatchObject({ status: 200, body: { text: '\n' } });
    expect((await get(at('/endpoints/flights/health'))).status).toBe(200);
    expect(await get(at('/endpoints/flights/version'))).toMatchObject({ status: 200, body: { text: 'tiny/1' } });
    expect((await get(at('/endpoints/none/ping'))).status).toBe(404);
  });
});

describe('the Open Inference Protocol', () => {
  const inputs = [
    { name: 'distance', shape: [2], datatype: 'FP64', data: [1600.2, 2253.3] },
    { name: 'hour', shape: [2, 1], datatype: 'INT64', data: [[23], [7]] },
    { name: 'carrier', shape: [2], datatype: 'BYTES', data: ['UA', 'UA'] },
  ];

  test('infers, echoes the id and names the version', async () => {
    const answer = await post(at('/v2/models/flights/infer'), { id: 'x7', inputs });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        ...{ model_name: 'flights', model_version: '1', id: 'x7' },
        outputs: [{ name: 'predictions', datatype: 'FP64', shape: [2, 2] }],
      },
    });
    expect(answer.headers.get('content-type')).toBe('application/json');
    const [output] = answer.body['outputs'] as { data: number[] }[];
    expect(output?.data[0]).toBeCloseTo(tinyAnswer[0] ?? 0, 6);
    expect(answer.headers.get('bucle-deployment')).toBe(deployment.id);
  });

  test('a version in the path goes past the split', async () => {
    const answer = await post(at('/v2/models/flights/versions/2/infer'), { inputs });
    expect(answer).toMatchObject({ status: 200, body: { model_version: '2' } });
    expect(answer.headers.get('bucle-model-version')).toBe('tiny/2');
  });

  test('every failure is {"error"} of exactly application/json', async () => {
    const cases: [path: string, body: unknown, status: number, error: string][] = [
      ['/v2/models/none/infer', { inputs }, 404, 'There is no endpoint none'],
      ['/v2/models/flights/versions/9/infer', { inputs }, 404, 'has no version 9'],
      ['/v2/models/flights/infer', { inputs: inputs.slice(1) }, 400, 'missing the column distance'],
      ['/v2/models/flights/infer', { inputs: [{ ...inputs[0], shape: [3] }] }, 400, 'has 2 elements'],
      ['/v2/models/flights/infer', { inputs, outputs: [{ name: 'none' }] }, 400, 'no output none'],
      ['/v2/models/flights/infer', '{"inputs"', 400, 'not JSON'],
      ['/v2/models/flights/explain', {}, 404, 'POST /v2/models/flights/explain'],
    ];
    for (const [path, body, status, error] of cases) {
      const answer = await post(at(path), body);
      expect(answer).toMatchObject({ status, body: { error: expect.stringContaining(error) } });
      expect(answer.headers.get('content-type')).toBe('application/json');
    }
    const binary = await post(at('/v2/models/flights/infer'), '{}', { 'inference-header-content-length': '2' });
    expect(binary).toMatchObject({ status: 415, body: { error: expect.stringContaining('binary') } });
  });

  test('health and metadata, with and without a slash or a version', async () => {
    expect((await get(at('/v2/health/live'))).body).toMatchObject({ live: true });
    expect(await get(at('/v2/health/ready'))).toMatchObject({ status: 200, body: { live: true, ready: true } });
    for (const path of ['/v2', '/v2/']) {
      expect(await get(at(path))).toMatchObject({ status: 200, body: { name: 'bucle', extensions: [] } });
    }
    expect((await get(at('/v2/models/flights/versions/2/ready'))).body).toEqual({ name: 'flights', ready: true });
    expect((await get(at('/v2/models/flights/versions/9/ready'))).status).toBe(404);
    for (const path of ['/v2/models/flights', '/v2/models/flights/versions/1']) {
      expect((await get(at(path))).body).toEqual({
        ...{ name: 'flights', versions: ['1', '2'], platform: 'onnx_onnxv1' },
        inputs: [
          { name: 'distance', datatype: 'FP64', shape: [-1] },
          { name: 'hour', datatype: 'FP64', shape: [-1] },
          { name: 'carrier', datatype: 'BYTES', shape: [-1] },
        ],
        outputs: [{ name: 'predictions', datatype: 'FP64', shape: [-1, 2] }],
      });
    }
  });
});

test('metrics count requests by endpoint, deployment and status, and never by names that callers invent', async () => {
  await post(at('/endpoints/invented-by-a-caller/invocations'), { inputs: [1] });
  const text = String((await get(at('/metrics'))).body['text']);
  expect(text).toMatch(
    new RegExp(`bucle_prediction_requests_total{endpoint="flights",deployment="${deployment.id}",status="200"} \\d+`),
  );
  expect(text).not.toContain('invented-by-a-caller');
  expect(text).toMatch(/bucle_captures{state="kept"} \d+/);
  expect(text).toContain(`bucle_workers{endpoint="flights",deployment="${deployment.id}"} 1`);
});

test('a foreign host name and a foreign page are refused', async () => {
  const answer = await invoke({ dataframe_records: [tinyRow] }, { origin: 'https://evil.example' });
  expect(answer).toMatchObject({ status: 403, body: { error_code: 'PERMISSION_DENIED' } });
});
