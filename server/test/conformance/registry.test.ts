import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callMlflow, makeLoggedModel, makeRun } from '../../src/loop/registry/logged-model.fixture.ts';
import { databases } from '../databases.ts';
import { type TestApp, testApp } from '../test-app.ts';
import { registry } from './registry.table.ts';
import { writeAsR } from './registry-r.table.ts';

// One app for all cases of a database, in their order: a case may rest on the one before it.
describe.each(databases)("MLflow's registry protocol on $name", (database) => {
  let t: TestApp;
  let subjects: Record<string, string>;
  beforeAll(async () => {
    t = await testApp({ database, background: false });
    const run = await makeRun(t);
    const { id: model, location } = await makeLoggedModel(t, { run });
    const folder = location.replace(/\/models\/.*/, `/${run}/artifacts`);
    subjects = { run, model, location, folder, other: await makeRun(t) };
  });
  afterAll(() => t[Symbol.asyncDispose]());

  const fill = <T>(given: T): T =>
    JSON.parse(JSON.stringify(given).replace(/\$([a-z]+)/g, (whole, name: string) => subjects[name] ?? whole)) as T;
  const call = (operation: string, fields: object) =>
    callMlflow(t, operation as Parameters<typeof callMlflow>[1], fields as Record<string, unknown>);

  test.each(registry)('$rule', async (given) => {
    const { call: operation, body = {}, status = 200, code, message, answer } = fill(given);
    const found = await call(operation, body as object);
    expect([found.status, found.body.error_code, found.body.message]).toEqual([
      status,
      status === 200 ? undefined : (code ?? (status === 404 ? 'RESOURCE_DOES_NOT_EXIST' : 'INVALID_PARAMETER_VALUE')),
      message ?? (status === 200 ? undefined : expect.any(String)),
    ]);
    if (answer !== undefined) expect(found.body).toMatchObject(answer);
  });

  test('versions that are made at the same time get numbers of their own, without a gap', async () => {
    await call('POST registered-models/create', { name: 'busy' });
    const many = Array.from({ length: 12 }, (_, i) =>
      call('POST model-versions/create', { name: 'busy', source: `s3://bucket/${i}` }),
    );
    const numbers = (await Promise.all(many)).map(({ body }) =>
      Number((body['model_version'] as { version: string }).version),
    );
    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  });

  test('a file of a version is sent as a download, and only from its own folder', async () => {
    const { location = '' } = subjects;
    const key = location.replace('mlflow-artifacts:/', '');
    const put = await fetch(`${t.baseUrl}/api/2.0/mlflow-artifacts/artifacts/${key}/MLmodel`, {
      method: 'PUT',
      body: 'flavors: {}',
    });
    expect(put.ok).toBe(true);
    await call('POST registered-models/create', { name: 'files' });
    await call('POST model-versions/create', fill({ name: 'files', source: 'models:/$model', model_id: '$model' }));
    const get = (query: Record<string, string>) =>
      fetch(
        `${t.baseUrl}/model-versions/get-artifact?${new URLSearchParams({ name: 'files', version: '1', ...query })}`,
      );
    const file = await get({ path: 'MLmodel' });
    expect([file.status, await file.text()]).toEqual([200, 'flavors: {}']);
    expect(file.headers.get('content-disposition')).toContain('attachment');
    expect(file.headers.get('x-content-type-options')).toBe('nosniff');
    const statuses = [];
    for (const query of [
      { path: '../x' },
      { path: '%2e%2e/x' },
      { path: '/etc/passwd' },
      { path: 'none' },
      { path: '' },
    ]) {
      statuses.push((await get(query)).status);
    }
    statuses.push(
      (await get({ path: 'MLmodel', version: '9' })).status,
      (await get({ path: 'MLmodel', version: 'x' })).status,
    );
    expect(statuses).toEqual([400, 400, 400, 404, 400, 404, 400]);
  });

  test.each(writeAsR)('the R client, which writes every value as text, may call $call', async (given) => {
    const { call: operation, body, answer } = fill(given);
    const found = await call(operation, body as object);
    expect([operation, found.status, found.body.message]).toEqual([operation, 200, undefined]);
    if (answer !== undefined) expect(found.body).toMatchObject(answer);
  });

  test('datasets that runs had as input are told once for each use', async () => {
    const { body } = await call('POST experiments/search-datasets', { experiment_ids: ['0'] });
    expect(body).toEqual({
      dataset_summaries: [{ experiment_id: '0', name: 'flights', digest: 'd1', context: 'training' }],
    });
    const none = await call('POST experiments/search-datasets', {});
    expect([none.status, none.body.message]).toEqual([
      ...[400, 'SearchDatasets request must specify at least one experiment_id.'],
    ]);
    const many = Array.from({ length: 21 }, (_, i) => String(i));
    expect((await call('POST experiments/search-datasets', { experiment_ids: many })).status).toBe(400);
    expect((await call('POST experiments/search-datasets', { experiment_ids: ['99', 'x'] })).body).toEqual({});
  });
});
