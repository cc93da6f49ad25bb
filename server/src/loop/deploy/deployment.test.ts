import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { testApp } from '../../../test/test-app.ts';
import { readEventsOf } from '../../platform/events/event.store.ts';
import { insertConversion } from './conversion.store.ts';
import { findDeployment } from './deployment.store.ts';
import { decisionStage, folderSource, makeTiny, type TinyModel } from './model-source.fixture.ts';
import { converterVersion } from './prepare/converter-version.ts';
import { createDeployStage } from './stage.ts';
import { deploy, type EndpointView, handGateway, parityReport, refusal, untilState } from './test-gateway.fixture.ts';

describe.each(databases)('deployments on $name', (database) => {
  const open = async (models: Readonly<Record<string, TinyModel>> = { 'tiny.1': {} }) => {
    const root = await mkdtemp(join(tmpdir(), 'bucle-models-'));
    for (const [id, options] of Object.entries(models)) await makeTiny(root, id, options);
    const t = await testApp({ database, stages: [decisionStage, createDeployStage(folderSource(root))] });
    return {
      ...t,
      gateway: handGateway(t.client),
      endpoint: (name: string) => t.client.request<EndpointView>('GET', `/api/v1/endpoints/${name}`),
      events: async (subject: string) =>
        (await readEventsOf(t.context.db.read, subject, 100)).map(({ type }) => type.replace(/^\w+\./, '')),
      async [Symbol.asyncDispose]() {
        await t[Symbol.asyncDispose]();
        await rm(root, { recursive: true, force: true });
      },
    };
  };

  test('a deployment goes from pending to ready, each state told by one event, and then gets its traffic', async () => {
    await using t = await open();
    const accepted = await deploy(t.client, 'flights', { version: 'tiny/1' });
    expect(accepted).toMatchObject({
      ...{ endpoint: 'flights', version: 'version:tiny/1', model_id: 'm-tiny.1', state: 'pending', engine: 'auto' },
      ...{ traffic: 0, wanted_traffic: 100, parity: null },
    });
    const published = await untilState(t.client, accepted, ['published']);
    expect(published).toMatchObject({
      golden: { origin: 'job' },
      has_onnx: false,
      conversion_reason: 'only scikit-learn models are converted, and this is one of the flavour lightgbm',
    });
    await t.gateway.report(accepted, { state: 'preparing' });
    await t.gateway.report(accepted, { state: 'verifying', engine: 'python' });
    expect(await untilState(t.client, accepted, ['verifying'])).toMatchObject({ traffic: 0 });
    const parity = parityReport();
    await t.gateway.report(accepted, { state: 'ready', engine: 'python', reason: 'why', parity });
    await t.gateway.report(accepted, { state: 'ready', engine: 'python', reason: 'why', parity, traffic: 100 });
    expect(await untilState(t.client, accepted, ['ready'])).toMatchObject({
      ...{ serving_engine: 'python', serving_reason: 'why', parity, traffic: 100, failure: null },
      gateways: [{ gateway: 'gateway-1', state: 'ready', engine: 'python', reason: 'why', traffic: 100, since: 1 }],
    });
    expect(await t.events(`deployment:${accepted.id}`)).toEqual([
      ...['created', 'preparing', 'published', 'verifying', 'ready'],
    ]);
    expect(await t.events('endpoint:flights')).toEqual(['created', 'traffic_changed', 'promoted']);
    expect((await t.endpoint('flights')).url).toBe('http://127.0.0.1:7999/endpoints/flights/invocations');
    expect(await readdir(join(t.dataDir, 'deploy'))).toEqual([]);
  });

  test('what a gateway is told is enough to fetch and verify everything', async () => {
    await using t = await open();
    await t.client.request('POST', '/api/v1/endpoints', {
      json: { name: 'flights', prediction: { kind: 'probability', column: '1', threshold: 0.5 }, workers: 2 },
    });
    const { id } = await untilState(t.client, await deploy(t.client, 'flights', { version: 'tiny/1' }), ['published']);
    const { endpoints, format, tokens } = await t.gateway.desired();
    expect({ format, tokens }).toEqual({ format: 'bucle.desired.v1', tokens: [] });
    expect(endpoints).toMatchObject([
      {
        ...{ name: 'flights', traffic: {}, workers: 2, event_time: { feature: null, header: null } },
        prediction: { kind: 'probability', column: '1', threshold: 0.5 },
        deployments: [{ id, version: 'version:tiny/1', engine: 'auto', onnx: null, requirements: null, python: null }],
      },
    ]);
    const deployment = endpoints[0]?.deployments[0];
    const files = deployment?.model.files ?? [];
    expect(files.map(({ path }) => path)).toEqual(['MLmodel', 'data/model.bin', 'requirements.txt']);
    for (const { url, size } of [...files, ...(deployment?.golden ? [{ ...deployment.golden, size: null }] : [])]) {
      const answer = await t.client.send('GET', url);
      const etag = answer.headers.get('etag') ?? '';
      const bytes = await answer.arrayBuffer();
      if (size !== null) expect(bytes.byteLength).toBe(size);
      const again = await fetch(t.baseUrl + url, { headers: { 'if-none-match': etag } });
      expect(again.status).toBe(304);
    }
  });

  test('a deployment that parity refused is failed for good, and never gets traffic', async () => {
    await using t = await open({ 'tiny.1': {}, 'tiny.2': {} });
    const first = await untilState(t.client, await deploy(t.client, 'flights', { version: 'tiny/1' }), ['published']);
    await t.gateway.report(first, { state: 'ready', engine: 'python', parity: parityReport() });
    const second = await untilState(
      t.client,
      await deploy(t.client, 'flights', { version: 'tiny/2', traffic: 100, reason: 'a test' }),
      ['published'],
    );
    const parity = parityReport({
      passed: false,
      message: 'Row 7 of sample differs.',
      cause: 'Two columns are swapped.',
    });
    await t.gateway.report(second, { state: 'failed', engine: 'python', reason: 'Row 7 of sample differs.', parity });
    await t.gateway.report(second, { state: 'ready', engine: 'python', parity: parityReport() });
    const failed = await t.client.request('GET', `/api/v1/endpoints/flights/deployments/${second.id}`);
    expect(failed).toMatchObject({
      state: 'failed',
      traffic: 0,
      failure: {
        step: 'parity',
        reason: 'Row 7 of sample differs.',
        next: expect.stringMatching(/^Likely cause: Two columns are swapped\./),
      },
    });
    expect((await t.endpoint('flights')).traffic).toEqual({ [first.id]: 100 });
    const { endpoints } = await t.gateway.desired();
    expect(endpoints[0]?.deployments.map(({ id }) => id)).toEqual([first.id]);
    const refused = await refusal(
      t.client.request('PUT', '/api/v1/endpoints/flights/traffic', { json: { traffic: { [second.id]: 100 } } }),
    );
    expect(refused).toMatchObject({
      ...{ status: 409, code: 'DEPLOY_NOT_READY' },
      message: `The deployment ${second.id} (version:tiny/2) can get no traffic: it is failed. Row 7 of sample differs.`,
    });
  });

  test('golden requests without any answer end it before a gateway is bothered', async () => {
    await using t = await open({
      'tiny.1': {
        golden: (same) => ({ ...same, requests: [], notes: ['the model was logged without an input example'] }),
      },
    });
    const failed = await untilState(t.client, await deploy(t.client, 'flights', { version: 'tiny/1' }), ['failed']);
    expect(failed.failure).toEqual({
      step: 'golden',
      reason:
        'Nothing can be proved about the model: no golden request has an answer (the model was logged without an input example).',
      next: expect.stringContaining('input_example'),
    });
    expect((await t.gateway.desired()).endpoints).toMatchObject([{ deployments: [] }]);
  });

  test('a folder that is no model is refused with what is missing', async () => {
    await using t = await open({
      'tiny.1': { mlmodel: 'flavors:\n  spark:\n    data: x\n' },
      'tiny.2': { mlmodel: 'just text' },
    });
    const [one, two] = [
      await untilState(t.client, await deploy(t.client, 'one', { version: 'tiny/1' }), ['failed']),
      await untilState(t.client, await deploy(t.client, 'two', { version: 'tiny/2' }), ['failed']),
    ];
    expect(one.failure).toMatchObject({ step: 'model', reason: expect.stringContaining('python_function') });
    expect(two.failure).toMatchObject({ step: 'model', reason: expect.stringContaining('MLmodel') });
  });

  test('engine onnx insists: a model without an ONNX form fails with the reason', async () => {
    await using t = await open();
    const deployment = await deploy(t.client, 'flights', { version: 'tiny/1', engine: 'onnx' });
    expect((await untilState(t.client, deployment, ['failed'])).failure).toEqual({
      step: 'conversion',
      reason:
        'The engine onnx was insisted on, but the model has no ONNX form that is proven: only scikit-learn models are ' +
        'converted, and this is one of the flavour lightgbm.',
      next: 'Deploy with --engine auto: then a Python worker serves it.',
    });
  });

  test('engine python asks for no conversion', async () => {
    await using t = await open();
    const deployment = await deploy(t.client, 'flights', { version: 'tiny/1', engine: 'python' });
    expect(await untilState(t.client, deployment, ['published'])).toMatchObject({
      ...{ has_onnx: false, conversion_reason: null },
    });
    expect(await t.context.db.read.selectFrom('conversions').selectAll().execute()).toEqual([]);
  });

  test('the same content is converted once per version of the converter', async () => {
    await using t = await open({ 'tiny.1': { flavor: 'sklearn' } });
    const { blobs, db, clock } = t.context;
    const seed = await untilState(t.client, await deploy(t.client, 'seed', { version: 'tiny/1', engine: 'python' }), [
      'published',
    ]);
    const digest = (await findDeployment(db.read, seed.id))?.modelDigest ?? '';
    const { sha256, size } = await blobs.put(`deploy/files/ab/x`, Buffer.from('onnx'), { hash: true });
    if (sha256 === null) throw new Error('the hash was asked for');
    await blobs.put(`deploy/files/${sha256.slice(0, 2)}/${sha256}`, Buffer.from('onnx'));
    const files = [{ path: 'model.onnx', size, sha256 }];
    const key = { modelDigest: digest, converter: await converterVersion() };
    await db.transaction((trx) => insertConversion(trx, key, { files, reason: null }, clock.now()));
    const deployment = await deploy(t.client, 'flights', { version: 'tiny/1', engine: 'onnx' });
    expect(await untilState(t.client, deployment, ['published'])).toMatchObject({ has_onnx: true });
    const { endpoints } = await t.gateway.desired();
    const desired = endpoints.find(({ name }) => name === 'flights')?.deployments[0];
    expect(desired?.onnx?.files).toEqual([
      { path: 'model.onnx', size: 4, sha256, url: `/api/v1/gateway/files/${sha256}` },
    ]);
  });

  test('a version that does not exist makes neither deployment nor endpoint', async () => {
    await using t = await open();
    const refused = await refusal(deploy(t.client, 'flights', { version: 'tiny/9' }));
    expect(refused).toMatchObject({ status: 404, message: 'There is no version tiny/9.' });
    expect(await t.client.request('GET', '/api/v1/endpoints')).toEqual({ endpoints: [], next: null });
  });

  test('what is retired while it is prepared stays retired, and is not published', async () => {
    await using t = await open();
    const deployment = await deploy(t.client, 'flights', { version: 'tiny/1' });
    await t.client.request('DELETE', `/api/v1/endpoints/flights/deployments/${deployment.id}`);
    await t.client.request('DELETE', `/api/v1/endpoints/flights/deployments/${deployment.id}`);
    await expect
      .poll(() => t.context.db.read.selectFrom('background_jobs').select('state').execute())
      .toEqual([{ state: 'done' }]);
    expect(await untilState(t.client, deployment, ['retired'])).toMatchObject({ failure: null, traffic: 0 });
  });
});
