import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { keepGolden, openGolden } from './golden.ts';
import { mlflowApp } from './mlflow-http.fixture.ts';
import { listModelFiles, openModelFile } from './model-files.ts';

describe.each(databases)('the golden requests of a logged model on $name', (database) => {
  const open = async () => {
    const app = await mlflowApp(database);
    const model = (await app.post('logged-models', { experiment_id: '0', name: 'm' })).body.model.info
      .model_id as string;
    const document = (more = {}) =>
      JSON.stringify({ format: 'bucle.golden.v1', model_id: model, origin: 'job', ...more });
    const url = `${app.baseUrl}/api/v1/logged-models/${model}/golden`;
    const put = async (body: string) => {
      const answer = await fetch(url, { method: 'PUT', body, headers: { 'content-type': 'application/json' } });
      const problem = await answer.text();
      return [answer.status, problem === '' ? '' : (JSON.parse(problem) as { code: string }).code];
    };
    return { ...app, model, document, put, url };
  };

  test('are kept byte by byte; what a job recorded is never replaced, and the same again is fine', async () => {
    await using app = await open();
    expect((await fetch(app.url)).status).toBe(404);
    expect(await app.put(app.document({ origin: 'rebuilt', n: 1 }))).toEqual([204, '']);
    const recorded = `  ${app.document({ n: 2 })}\n`;
    expect(await app.put(recorded)).toEqual([204, '']);
    expect(await app.put(recorded)).toEqual([204, '']);
    expect(await app.put(app.document({ n: 3 }))).toEqual([409, 'TRACK_GOLDEN_FIXED']);
    expect(await app.put(app.document({ origin: 'rebuilt' }))).toEqual([409, 'TRACK_GOLDEN_FIXED']);
    expect(await (await fetch(app.url)).text()).toBe(recorded);
    const { context, model } = app;
    const rebuilt = Buffer.from(app.document({ origin: 'rebuilt' }));
    expect(await keepGolden(context, { model, body: rebuilt, actor: 'test' })).toBe(false);
    const golden = await openGolden(context, model);
    expect(golden && (await text(golden.body))).toBe(recorded);
  });

  test('are refused when they are of another format or model, or no JSON object', async () => {
    await using app = await open();
    const bad = [
      app.document({ format: 'other' }),
      app.document({ model_id: 'm-other' }),
      app.document({ origin: 'nowhere' }),
      '[]',
      '{',
      '',
    ];
    for (const body of bad) expect([body, await app.put(body)]).toEqual([body, [422, 'TRACK_INVALID_GOLDEN']]);
    expect(await app.put(app.document({ big: 'x'.repeat(16 * 1024 * 1024) }))).toEqual([
      413,
      'PLATFORM_BODY_TOO_LARGE',
    ]);
    expect((await fetch(app.url)).status).toBe(404);
    await app.send('DELETE', `logged-models/${app.model}`);
    expect(await app.put(app.document())).toEqual([404, 'TRACK_MODEL_NOT_FOUND']);
  });

  test('the files of a model are listed and opened for whoever deploys it', async () => {
    await using app = await open();
    const base = `${app.baseUrl}/api/2.0/mlflow-artifacts/artifacts/0/models/${app.model}/artifacts`;
    await fetch(`${base}/MLmodel`, { method: 'PUT', body: 'flavors: {}' });
    await fetch(`${base}/data/model.bin`, { method: 'PUT', body: 'abc' });
    expect(await listModelFiles(app.context, app.model)).toEqual(['MLmodel', 'data/model.bin']);
    const file = await openModelFile(app.context, app.model, 'data/model.bin');
    expect([file?.size, file && (await text(file.body))]).toEqual([3, 'abc']);
    expect(await openModelFile(app.context, app.model, 'nothing')).toBeNull();
    await expect(openModelFile(app.context, app.model, '../../x')).rejects.toThrow('Invalid path');
    await expect(listModelFiles(app.context, 'm-none')).rejects.toMatchObject({ code: 'TRACK_MODEL_NOT_FOUND' });
  });
});
