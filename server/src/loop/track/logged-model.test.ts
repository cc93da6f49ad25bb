import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { type Mlflow, mlflowApp } from './mlflow-http.fixture.ts';

const create = async (app: Mlflow, body: Record<string, unknown>) =>
  (await app.post('logged-models', { experiment_id: '0', ...body })).body.model.info.model_id as string;

describe.each(databases)('logged models on $name', (database) => {
  test('a model is pending until it is finalised, and a deleted one is gone unless asked for', async () => {
    await using app = await mlflowApp(database);
    const id = await create(app, { name: 'clf', model_type: 'sk', params: [{ key: 'p', value: '1' }] });
    expect(id).toMatch(/^m-[0-9a-f]{32}$/);
    const get = (query = {}) => app.get(`logged-models/${id}`, query);
    expect((await get()).body.model).toMatchObject({
      info: {
        ...{ experiment_id: '0', name: 'clf', status: 'LOGGED_MODEL_PENDING', model_type: 'sk', source_run_id: '' },
        artifact_uri: `mlflow-artifacts:/0/models/${id}/artifacts`,
      },
      data: { params: [{ key: 'p', value: '1' }] },
    });
    for (let i = 0; i < 2; i += 1) await app.send('PATCH', `logged-models/${id}`, { status: 2 });
    await app.send('PATCH', `logged-models/${id}/tags`, { tags: [{ key: 'a', value: 'b' }] });
    expect((await get()).body.model.info).toMatchObject({
      status: 'LOGGED_MODEL_READY',
      tags: [{ key: 'a', value: 'b' }],
    });
    expect((await app.send('DELETE', `logged-models/${id}/tags/a`)).body).toEqual({});
    expect((await app.send('DELETE', `logged-models/${id}/tags/zz`)).body.message).toBe(
      `No tag with key 'zz' found for model with ID '${id}'.`,
    );
    await app.send('DELETE', `logged-models/${id}`);
    expect((await get()).body).toEqual({
      error_code: 'RESOURCE_DOES_NOT_EXIST',
      message: `Logged model with ID '${id}' not found.`,
    });
    expect((await get({ allow_deleted: 'true' })).status).toBe(200);
    const events = await app.context.db.read.selectFrom('events').select('type').orderBy('seq').execute();
    expect(events.map(({ type }) => type)).toEqual(['model.logged', 'model.deleted']);
    expect((await app.post('logged-models', { experiment_id: '0', name: 'a/b' })).status).toBe(400);
  });

  test('are found by attributes, params, tags and metrics on a dataset, in the order asked for, page by page', async () => {
    await using app = await mlflowApp(database);
    const run_id = await app.newRun();
    const ids: Record<string, string> = {};
    for (const [i, name] of ['a', 'b', 'c'].entries()) {
      const model_id = await create(app, {
        name,
        source_run_id: i === 2 ? '' : run_id,
        params: [{ key: 'p', value: name }],
      });
      ids[name] = model_id;
      for (const [dataset_name, value] of [
        ['train', 1],
        ['test', 10 - i],
      ] as const) {
        const metric = { key: 'auc', value, timestamp: 1, model_id, dataset_name, dataset_digest: 'd' };
        await app.post('runs/log-metric', { run_id, ...metric });
      }
      await app.post('runs/log-metric', { run_id, key: 'auc', value: i === 0 ? 0.5 : 0.1, timestamp: 2, model_id });
    }
    await app.send('PATCH', `logged-models/${ids['b']}`, { status: 'LOGGED_MODEL_READY' });
    const find = async (query: object) => {
      const { status, body } = await app.post('logged-models/search', { experiment_ids: ['0'], ...query });
      if (status !== 200) return body.message as string;
      return (body.models ?? []).map(({ info }: { info: { name: string } }) => info.name).join('');
    };
    const byName = [{ field_name: 'name' }];
    expect(await find({ filter: `source_run_id = '${run_id}'`, order_by: byName })).toBe('ab');
    expect(await find({ filter: "params.p != 'a' AND name IN ('a', 'b')" })).toBe('b');
    expect(await find({ filter: "status = 'READY'" })).toBe('b');
    expect(await find({ filter: `attributes.model_id = '${ids['c']}'` })).toBe('c');
    expect(await find({ filter: 'metrics.auc > 8', order_by: byName })).toBe('ab');
    expect(await find({ filter: 'metrics.auc > 8', datasets: [{ dataset_name: 'train' }] })).toBe('');
    const best = (dataset_name: string, ascending: boolean) => [{ field_name: 'metrics.auc', ascending, dataset_name }];
    expect(await find({ order_by: best('test', true) })).toBe('cba');
    expect(await find({ order_by: [...best('test', false)] })).toBe('abc');
    expect(await find({ filter: 'metric.x = 1' })).toContain("Invalid entity type: 'metric'. Expected one of");
    expect(await find({ filter: "bogus = '1'" })).toContain("Invalid attribute key 'bogus'");
    expect(await find({ experiment_ids: [] })).toContain("required parameter 'experiment_ids'");
    const names: string[] = [];
    let page_token: string | undefined = '';
    while (page_token !== undefined) {
      const query = { experiment_ids: ['0'], order_by: best('test', false), max_results: 1, page_token };
      const { body } = await app.post('logged-models/search', query);
      names.push(...body.models.map(({ info }: { info: { name: string } }) => info.name));
      page_token = body.next_page_token;
    }
    expect(names).toEqual(['a', 'b', 'c']);
  });

  test('a metric names the model that was measured; a model that is not there refuses the point', async () => {
    await using app = await mlflowApp(database);
    const run_id = await app.newRun();
    const model_id = await create(app, { name: 'a' });
    const log = (more: object) => app.post('runs/log-metric', { run_id, key: 'm', timestamp: 1, ...more });
    for (const [step, value] of [
      [1, 5],
      [3, 7],
      [2, 'NaN'],
    ] as const)
      await log({ model_id, step, value });
    expect((await app.get(`logged-models/${model_id}`)).body.model.data.metrics).toEqual([
      { key: 'm', value: 7, timestamp: 1, step: 3, run_id, model_id },
    ]);
    expect((await log({ model_id: 'm-none', value: 1, step: 9 })).status).toBe(404);
    expect((await app.get('runs/get', { run_id })).body.run.data.metrics[0].step).toBe(3);
  });
});
