import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { mlflowApp, startJob } from './mlflow-http.fixture.ts';

const OWN = 'a'.repeat(32);
const OTHER = 'b'.repeat(32);
const PROXY = '/api/2.0/mlflow-artifacts/artifacts';

describe.each(databases)('the token of a job on $name', (database) => {
  const open = async () => {
    const app = await mlflowApp(database);
    const token = await startJob(app, 'j1', OWN);
    await startJob(app, 'j2', OTHER);
    const experiment = (await app.get('runs/get', { run_id: OWN })).body.run.info.experiment_id as string;
    const model = async (source_run_id: string, by?: string) =>
      app.post('logged-models', { experiment_id: experiment, name: 'm', source_run_id }, by);
    const bytes = async (method: string, path: string) =>
      fetch(`${app.baseUrl}${path}`, {
        method,
        body: method === 'PUT' ? 'x' : null,
        headers: { authorization: `Bearer ${token}` },
      });
    return { ...app, token, experiment, model, bytes };
  };

  test('writes to the runs of its job, and to no other', async () => {
    await using app = await open();
    const write = async (run_id: string) => {
      const answers = await Promise.all([
        app.post('runs/log-metric', { run_id, key: 'm', value: 1, timestamp: 1 }, app.token),
        app.post('runs/log-parameter', { run_id, key: 'p', value: '1' }, app.token),
        app.post('runs/log-batch', { run_id, tags: [{ key: 't', value: '1' }] }, app.token),
        app.post('runs/set-tag', { run_id, key: 't2', value: '1' }, app.token),
        app.post('runs/log-inputs', { run_id, models: [{ model_id: 'm-1' }] }, app.token),
        app.post('runs/outputs', { run_id, models: [{ model_id: 'm-1', step: 0 }] }, app.token),
        app.post('runs/update', { run_id, status: 'FINISHED' }, app.token),
      ]);
      return answers.map(({ status }) => status);
    };
    expect(await write(OWN)).toEqual([200, 200, 200, 200, 200, 200, 200]);
    expect(await write(OTHER)).toEqual([403, 403, 403, 403, 403, 403, 403]);
    expect(await write(await app.newRun())).toEqual([403, 403, 403, 403, 403, 403, 403]);
    expect((await app.get('runs/get', { run_id: OTHER }, app.token)).status).toBe(200);
    expect((await app.post('runs/search', { experiment_ids: ['0'] }, app.token)).status).toBe(200);
  });

  test('may not make another run its own, nor experiments, nor delete runs', async () => {
    await using app = await open();
    const claim = { run_id: OTHER, key: 'bucle.job', value: 'j1' };
    expect((await app.post('runs/set-tag', claim, app.token)).status).toBe(403);
    expect((await app.post('runs/set-tag', claim)).body.message).toContain("'bucle.job' is set when a run is made");
    expect((await app.post('runs/delete-tag', { run_id: OTHER, key: 'bucle.job' })).status).toBe(400);
    expect((await app.post('runs/delete', { run_id: OWN }, app.token)).status).toBe(403);
    const { status, body } = await app.post('experiments/create', { name: 'new' }, app.token);
    expect([status, body.error_code, body.message]).toEqual([
      403,
      'PERMISSION_DENIED',
      expect.stringContaining('--experiment'),
    ]);
  });

  test('starts runs only inside of its own, which are its own then', async () => {
    await using app = await open();
    const start = (tags: object[]) => app.post('runs/create', { experiment_id: app.experiment, tags }, app.token);
    const parent = (value: string) => ({ key: 'mlflow.parentRunId', value });
    expect((await start([])).body.message).toContain('MLFLOW_RUN_ID');
    expect((await start([parent(OTHER)])).status).toBe(403);
    const { body } = await start([parent(OWN), { key: 'bucle.job', value: 'j2' }]);
    const { run_id } = body.run.info;
    expect(body.run.data.tags).toContainEqual({ key: 'bucle.job', value: 'j1' });
    const log = { run_id, key: 'm', value: 1, timestamp: 1 };
    expect((await app.post('runs/log-metric', log, app.token)).status).toBe(200);
  });

  test('logs models of its own runs, with files and golden requests, and touches no others', async () => {
    await using app = await open();
    expect((await app.model(OTHER, app.token)).status).toBe(403);
    const own = (await app.model(OWN, app.token)).body.model.info.model_id as string;
    const other = (await app.model(OTHER)).body.model.info.model_id as string;
    const golden = async (id: string) => {
      const document = { format: 'bucle.golden.v1', model_id: id, origin: 'job', requests: [] };
      const init = {
        method: 'PUT',
        body: JSON.stringify(document),
        headers: { 'content-type': 'application/json', authorization: `Bearer ${app.token}` },
      };
      return (await fetch(`${app.baseUrl}/api/v1/logged-models/${id}/golden`, init)).status;
    };
    const touch = async (id: string) => [
      (await app.bytes('PUT', `${PROXY}/${app.experiment}/models/${id}/artifacts/MLmodel`)).status,
      (await app.send('PATCH', `logged-models/${id}/tags`, { tags: [{ key: 'a', value: 'b' }] }, app.token)).status,
      (await app.send('POST', `logged-models/${id}/params`, { params: [{ key: 'a', value: 'b' }] }, app.token)).status,
      (await app.send('PATCH', `logged-models/${id}`, { status: 'LOGGED_MODEL_READY' }, app.token)).status,
      await golden(id),
    ];
    expect(await touch(own)).toEqual([200, 200, 200, 200, 204]);
    expect(await touch(other)).toEqual([403, 403, 403, 403, 403]);
  });

  test('writes artifacts of its own runs only, whatever the path pretends', async () => {
    await using app = await open();
    const { experiment } = app;
    const put = async (path: string) => (await app.bytes('PUT', `${PROXY}/${path}`)).status;
    expect(await put(`${experiment}/${OWN}/artifacts/f`)).toBe(200);
    for (const path of [
      `${experiment}/${OTHER}/artifacts/f`,
      `${experiment}/${OTHER}/artifacts/${OWN}/artifacts/f`,
      `9/${OWN}/artifacts/f`,
      `${experiment}/${OWN}/f`,
      `${experiment}/f`,
      'f',
    ]) {
      expect([path, await put(path)]).toEqual([path, 403]);
    }
    expect((await app.bytes('DELETE', `${PROXY}/${experiment}/${OTHER}/artifacts`)).status).toBe(403);
    expect((await app.bytes('DELETE', `${PROXY}/${experiment}/${OWN}/artifacts/f`)).status).toBe(200);
  });
});
