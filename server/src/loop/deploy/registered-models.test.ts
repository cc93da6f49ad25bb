import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testPython } from '../../../test/python.ts';
import { type TestApp, testApp } from '../../../test/test-app.ts';
import { inheritedEnvironment } from '../../platform/config/inherited-environment.ts';
import { pythonPath } from '../../platform/environments/python-path.ts';
import { run } from '../../platform/processes/run.ts';
import { callMlflow, makeLoggedModel, makeRun } from '../registry/logged-model.fixture.ts';
import { deploy, handGateway, refusal, untilState } from './test-gateway.fixture.ts';

const script = fileURLToPath(new URL('./registered-models.fixture.py', import.meta.url));

describe('versions of the registry as what is deployed', () => {
  let t: TestApp;
  beforeAll(async () => {
    t = await testApp();
  });
  afterAll(() => t[Symbol.asyncDispose]());

  const python = async (args: readonly string[]): Promise<string> => {
    const env = { ...inheritedEnvironment(), PYTHONDONTWRITEBYTECODE: '1', PYTHONPATH: pythonPath() };
    const result = await run(testPython(), args, {
      env: { ...env, MLFLOW_TRACKING_URI: t.baseUrl },
      timeoutMs: 60_000,
    });
    if (result.code !== 0) throw new Error(result.stderr);
    return result.stdout.trim().split('\n').at(-1) ?? '';
  };
  const train = async (requirements: readonly string[]) =>
    JSON.parse(await python([script, ...requirements])) as { run: string; model: string };
  const register = (name: string, from: string) =>
    t.client.request('POST', `/api/v1/models/${name}/versions`, { json: { from } });

  test('a model that a script logged is published with its own files and the golden answers of its job', async () => {
    const { run: runId, model } = await train([]);
    await python(['-m', 'bucle.golden', '--run', runId, '--upload']);
    await register('flights', `run:${runId}`);
    await callMlflow(t, 'POST registered-models/alias', { name: 'flights', version: '1', alias: 'champion' });
    const accepted = await deploy(t.client, 'flights', { version: 'flights@champion', engine: 'python' });
    expect(accepted).toMatchObject({ version: 'version:flights/1', model_id: model, run: runId, state: 'pending' });
    const published = await untilState(t.client, accepted, ['published']);
    expect(published).toMatchObject({ golden: { origin: 'job' }, failure: null });
    const { endpoints } = await handGateway(t.client).desired();
    const files = endpoints[0]?.deployments[0]?.model.files ?? [];
    expect(files.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['MLmodel', 'requirements.txt', 'input_example.json']),
    );
    const mlmodel = await t.client.send('GET', files.find(({ path }) => path === 'MLmodel')?.url ?? '');
    expect(await mlmodel.text()).toContain(`model_id: ${model}`);
  }, 120_000);

  test('without recorded answers they are computed from the requirements of the model, and kept', async () => {
    const { run: runId, model } = await train(['scikit-learn==1.9.1', 'pandas']);
    await register('rebuilt', `run:${runId}`);
    const accepted = await deploy(t.client, 'rebuilt', { version: 'rebuilt/latest', engine: 'python' });
    const published = await untilState(t.client, accepted, ['published'], 540_000);
    expect(published).toMatchObject({ golden: { origin: 'rebuilt' }, failure: null });
    const kept = await t.client.request<Record<string, unknown>>('GET', `/api/v1/logged-models/${model}/golden`);
    expect(kept).toMatchObject({ format: 'bucle.golden.v1', model_id: model, origin: 'rebuilt' });
  }, 600_000);

  test('a version that nothing proves, or that is not there, makes no deployment', async () => {
    const runId = await makeRun(t);
    const [pending, gone, whole] = [
      await makeLoggedModel(t, { run: runId, ready: false }),
      await makeLoggedModel(t, { run: runId }),
      await makeLoggedModel(t, { run: runId }),
    ];
    const sources = [
      { source: 's3://bucket/x' },
      { source: `models:/${pending.id}`, model_id: pending.id },
      { source: `models:/${gone.id}`, model_id: gone.id },
      { source: `${whole.location}/part`, model_id: whole.id },
    ];
    await callMlflow(t, 'POST registered-models/create', { name: 'odd' });
    for (const fields of sources) await callMlflow(t, 'POST model-versions/create', { name: 'odd', ...fields });
    await callMlflow(t, `DELETE logged-models/${gone.id}`, { model_id: gone.id });
    const table = {
      'odd/1': 'DEPLOY_NO_LOGGED_MODEL: The version version:odd/1 points at s3://bucket/x, which is no logged model',
      'odd/2': `DEPLOY_MODEL_NOT_READY: The logged model ${pending.id} of version:odd/2 is pending`,
      'odd/3': 'DEPLOY_NO_LOGGED_MODEL',
      'odd/4': 'DEPLOY_NO_LOGGED_MODEL',
      'odd/5': 'REGISTRY_VERSION_NOT_FOUND',
      'odd@champion': 'REGISTRY_ALIAS_NOT_FOUND',
      'even/1': 'REGISTRY_MODEL_NOT_FOUND',
    };
    for (const [version, refused] of Object.entries(table)) {
      const { code, message } = await refusal(deploy(t.client, 'odd', { version }));
      expect([version, `${code}: ${message}`]).toEqual([version, expect.stringContaining(refused)]);
    }
    const { endpoints } = await t.client.request<{ endpoints: { name: string }[] }>('GET', '/api/v1/endpoints');
    expect(endpoints.map(({ name }) => name)).not.toContain('odd');
  });
});
