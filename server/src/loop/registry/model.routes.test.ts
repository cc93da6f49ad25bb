import { ApiError } from '@bucle/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { type TestApp, testApp } from '../../../test/test-app.ts';
import { readEventsOf } from '../../platform/events/event.store.ts';
import { callMlflow, makeJob, makeLoggedModel, makeRun } from './logged-model.fixture.ts';

interface VersionView {
  readonly ref: string;
  readonly number: number;
  readonly model_id: string | null;
  readonly run: string | null;
}

describe.each(databases)('the registry’s own API on $name', (database) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await testApp({ database, background: false });
  });
  afterAll(() => t[Symbol.asyncDispose]());

  const register = (name: string, from: string) =>
    t.client.request<VersionView>('POST', `/api/v1/models/${encodeURIComponent(name)}/versions`, { json: { from } });

  const refusal = (request: Promise<unknown>) =>
    request.then(
      () => 'accepted',
      (error: unknown) => (error instanceof ApiError ? `${error.code}: ${error.message}` : String(error)),
    );

  test('a run, a job and a logged model name the same thing, and it is registered once', async () => {
    const [lost, run] = [await makeRun(t, 'j1'), await makeRun(t, 'j1')];
    await makeLoggedModel(t, { run: lost });
    const { id } = await makeLoggedModel(t, { run });
    await makeJob(t, 'j1', [lost, run]);
    const first = await register('flights', 'job:j1');
    expect(first).toMatchObject({
      ...{ ref: 'version:flights/1', name: 'flights', number: 1, model_id: id, run, source: `models:/${id}` },
      ...{ stage: 'None', aliases: [], tags: {}, description: null, created_by: 'anonymous' },
    });
    for (const from of [`run:${run}`, `model:${id}`, 'job:j1']) expect(await register('flights', from)).toEqual(first);
    expect((await register('others', `model:${id}`)).ref).toBe('version:others/1');
    const at = (await readEventsOf(t.context.db.read, 'version:flights/1', 9)).map(({ type, cause }) => [type, cause]);
    expect(at).toEqual([['version.registered', expect.stringMatching(/^request:/)]]);
  });

  test('one request that is sent many times at once makes one version', async () => {
    const { id } = await makeLoggedModel(t, { run: await makeRun(t) });
    const made = await Promise.all(Array.from({ length: 10 }, () => register('once', `model:${id}`)));
    expect(new Set(made.map(({ ref }) => ref))).toEqual(new Set(['version:once/1']));
  });

  test('what names no complete logged model, or several, is refused with what to do', async () => {
    const [none, two, pending] = [await makeRun(t), await makeRun(t), await makeRun(t)];
    const a = await makeLoggedModel(t, { run: two, name: 'a' });
    const b = await makeLoggedModel(t, { run: two, name: 'b' });
    const open = await makeLoggedModel(t, { run: pending, ready: false });
    const gone = await makeLoggedModel(t, { run: none });
    await callMlflow(t, `DELETE logged-models/${gone.id}`, { model_id: gone.id });
    await makeJob(t, 'waiting', [two, null]);
    await callMlflow(t, 'POST registered-models/create', {
      name: 'greeting',
      tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }],
    });
    const table: [name: string, from: string, refused: string][] = [
      ['x', `run:${none}`, `REGISTRY_NOTHING_LOGGED: The run ${none} has logged no model that is complete.`],
      [
        'x',
        `run:${two}`,
        `REGISTRY_SEVERAL_LOGGED: The run ${two} has logged several models: model:${a.id} (a), model:${b.id} (b).`,
      ],
      ['x', `run:${pending}`, `REGISTRY_NOT_READY: The logged model ${open.id} is`],
      ['x', `model:${open.id}`, 'REGISTRY_NOT_READY'],
      ['x', `model:${gone.id}`, 'REGISTRY_LOGGED_MODEL_NOT_FOUND'],
      ['x', 'run:nobody', 'REGISTRY_RUN_NOT_FOUND'],
      ['x', 'job:nobody', 'REGISTRY_JOB_NOT_FOUND'],
      ['x', 'job:waiting', 'REGISTRY_NO_RUN'],
      ['x', 'flights/1', 'REGISTRY_INVALID_ORIGIN'],
      ['a/b', `model:${a.id}`, 'REGISTRY_INVALID_NAME'],
      ['greeting', `model:${a.id}`, 'REGISTRY_IS_PROMPT'],
    ];
    for (const [name, from, refused] of table) {
      expect([from, await refusal(register(name, from))]).toEqual([from, expect.stringContaining(refused)]);
    }
    expect(await refusal(t.client.request('GET', '/api/v1/models/x'))).toContain('REGISTRY_MODEL_NOT_FOUND');
    expect(await refusal(t.client.request('GET', '/api/v1/models/a%00b'))).toContain('PLATFORM_INVALID_REQUEST');
    expect(await refusal(t.client.request('GET', '/api/v1/models/x/versions/@a%00'))).toContain('REGISTRY_INVALID_REF');
  });

  test('lists are in pages, and a version is found by number, alias and as the latest', async () => {
    const made = [];
    for (let i = 0; i < 3; i += 1) made.push(await makeLoggedModel(t, { run: await makeRun(t) }));
    for (const { id } of made) await register('pages', `model:${id}`);
    await callMlflow(t, 'POST registered-models/alias', { name: 'pages', version: '2', alias: 'champion' });
    type Page = { models: { name: string; versions: number; latest: VersionView }[]; next: string | null };
    const page = await t.client.request<Page>('GET', '/api/v1/models', { query: { after: 'page', limit: 1 } });
    expect(page).toMatchObject({
      models: [{ name: 'pages', versions: 3, latest: { number: 3 }, aliases: { champion: 2 } }],
      next: 'pages',
    });
    type Detail = { versions: { number: number; aliases: string[] }[]; next: number | null };
    const newest = await t.client.request<Detail>('GET', '/api/v1/models/pages', { query: { limit: 2 } });
    expect(newest.versions.map(({ number, aliases }) => [number, aliases])).toEqual([
      [3, []],
      [2, ['champion']],
    ]);
    const rest = await t.client.request<Detail>('GET', '/api/v1/models/pages', { query: { limit: 2, before: 2 } });
    expect([rest.versions.map(({ number }) => number), newest.next, rest.next]).toEqual([[1], 2, null]);
    for (const [version, number] of Object.entries({ 1: 1, latest: 3, '@champion': 2 })) {
      const found = await t.client.request<VersionView>('GET', `/api/v1/models/pages/versions/${version}`);
      expect([version, found.number]).toEqual([version, number]);
    }
  });
});
