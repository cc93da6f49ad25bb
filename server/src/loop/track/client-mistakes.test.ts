import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { type Answer, mlflowApp } from './mlflow-http.fixture.ts';

const DEEP = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i));

// MLflow's clients repeat a request that was answered with 5xx for minutes.
describe.each(databases)('a mistake of the client on $name', (database) => {
  const expectRefused = ({ status, body }: Answer, message: string) => {
    expect([status, body.error_code, body.message]).toEqual([
      400,
      'INVALID_PARAMETER_VALUE',
      expect.stringContaining(message),
    ]);
  };

  test('in a search is told at once, however large the search', async () => {
    await using app = await mlflowApp(database);
    const search = (body: object) => app.post('runs/search', { experiment_ids: ['0'], ...body });
    expectRefused(await search({ experiment_ids: numbers(33_000) }), 'more than 10000 items');
    expectRefused(await search({ order_by: numbers(64).map((i) => `metrics.a${i}`) }), 'more than 30 order_by clauses');
    const texts = numbers(10_001).map(() => "''");
    expectRefused(await search({ filter: `run_id IN (${texts.join(',')})` }), 'more than 10000 values');
    const datasets = numbers(101).map((dataset_name) => ({ dataset_name }));
    expectRefused(
      await app.post('logged-models/search', { experiment_ids: ['0'], datasets, filter: 'metrics.a > 1' }),
      'more than 100 items',
    );
  });

  test('the time of a run is compared with any number', async () => {
    await using app = await mlflowApp(database);
    const run = await app.newRun({ start_time: 2 });
    const found = async (filter: string) => {
      const { status, body } = await app.post('runs/search', { experiment_ids: ['0'], filter });
      return [status, (body.runs ?? []).map((one: { info: { run_id: string } }) => one.info.run_id)];
    };
    expect(await found('start_time > 1.5')).toEqual([200, [run]]);
    expect(await found('start_time > 2.5')).toEqual([200, []]);
    expect(await found('start_time = 2')).toEqual([200, [run]]);
    expect(await found('start_time < 99999999999999999999999')).toEqual([200, [run]]);
    expect(await found('start_time < 1e400')).toEqual([200, [run]]);
    // Of experiments MLflow takes whole numbers only.
    expectRefused(
      await app.post('experiments/search', { max_results: 1, filter: 'creation_time > 1.5' }),
      "Invalid value for numeric attribute 'creation_time': '1.5'",
    );
  });

  test('a field that is nested as deep as nothing can write is refused', async () => {
    await using app = await mlflowApp(database);
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: `{"run_id": ${DEEP}}` };
    const answer = await fetch(`${app.baseUrl}/api/2.0/mlflow/runs/log-metric`, init);
    expect(answer.status).toBe(400);
    const run_id = await app.newRun();
    const model_json = `{"artifact_path": "a", "flavors": ${DEEP}, "utc_time_created": "", "run_id": "${run_id}"}`;
    expectRefused(await app.post('runs/log-model', { run_id, model_json }), 'Malformed model info');
  });

  test.each(['no JSON', '{"a": 1}'])(
    'a history of models that somebody set to %s is told, and stays',
    async (value) => {
      await using app = await mlflowApp(database);
      const run_id = await app.newRun({ tags: [{ key: 'mlflow.log-model.history', value }] });
      const model_json = JSON.stringify({ artifact_path: 'a', flavors: {}, utc_time_created: '', run_id });
      expectRefused(await app.post('runs/log-model', { run_id, model_json }), 'is no JSON list');
      const { body } = await app.get('runs/get', { run_id });
      expect(body.run.data.tags).toContainEqual({ key: 'mlflow.log-model.history', value });
    },
  );

  test('a page token that somebody made up is refused, or finds nothing', async () => {
    await using app = await mlflowApp(database);
    const tags = numbers(2).map(() => app.newRun());
    await Promise.all(tags);
    const { body } = await app.post('runs/search', { experiment_ids: ['0'], max_results: 1 });
    const { of } = JSON.parse(Buffer.from(body.next_page_token, 'base64url').toString()) as { of: string };
    const page_token = Buffer.from(JSON.stringify({ after: ['x', 'y', '\0'], of })).toString('base64url');
    expect((await app.post('runs/search', { experiment_ids: ['0'], max_results: 1, page_token })).status).toBeLessThan(
      500,
    );
  });

  test('a logged model takes thousands of params', async () => {
    await using app = await mlflowApp(database);
    const params = numbers(9_000).map((key) => ({ key, value: key }));
    const { status, body } = await app.post('logged-models', { experiment_id: '0', name: 'm', params });
    expect([status, body.model.data?.params?.length ?? body.model.info.params?.length]).toEqual([200, 9_000]);
  });
});
