import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { type TestApp, testApp } from '../../../test/test-app.ts';
import { readEventsOf } from '../../platform/events/event.store.ts';
import { callMlflow, jobToken, type MlflowAnswer, makeLoggedModel, makeRun } from './logged-model.fixture.ts';

type Refusal = readonly [operation: Parameters<typeof callMlflow>[1], fields: object, status: number, message: string];

describe.each(databases)('MLflow’s registry over HTTP on $name', (database) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await testApp({ database, background: false });
  });
  afterAll(() => t[Symbol.asyncDispose]());

  const call = (operation: Refusal[0], fields: object, token?: string) =>
    callMlflow(t, operation, fields as Record<string, unknown>, token);
  const versionOf = ({ body }: MlflowAnswer) => body['model_version'] as Record<string, unknown>;
  const register = async (name: string, fields: object, token?: string) => {
    await call('POST registered-models/create', { name }, token);
    return call('POST model-versions/create', { name, ...fields }, token);
  };

  test('a version of a logged model knows the model, its run and where its files are', async () => {
    const run = await makeRun(t);
    const { id, location } = await makeLoggedModel(t, { run });
    const answer = await register('kept', { source: `models:/${id}`, model_id: id });
    expect(answer).toEqual({
      status: 200,
      body: {
        model_version: {
          ...{ name: 'kept', version: '1', current_stage: 'None', status: 'READY', description: '', run_link: '' },
          ...{ source: `models:/${id}`, run_id: run, model_id: id },
          ...{ creation_timestamp: expect.any(Number), last_updated_timestamp: expect.any(Number) },
        },
      },
    });
    const where = await call('GET model-versions/get-download-uri', { name: 'kept', version: '1' });
    expect(where.body).toEqual({ artifact_uri: location });
    const [event] = await readEventsOf(t.context.db.read, 'version:kept/1', 9);
    expect(event).toMatchObject({ type: 'version.registered', data: { model: id, run: `run:${run}` } });
  });

  // Reading them back once took time by the square of their number, a minute and a half for 20,000.
  test('a model of thousands of tags is answered in time, with all of them; more than ten thousand are refused', async () => {
    const tags = Array.from({ length: 8_000 }, (_, at) => ({ key: `k${at}`, value: 'v' }));
    const { status, body } = await call('POST registered-models/create', { name: 'tagged', tags });
    expect([status, (body['registered_model'] as { tags: object[] }).tags.length]).toEqual([200, 8_000]);
    const began = performance.now();
    await call('GET registered-models/get', { name: 'tagged' });
    expect(performance.now() - began).toBeLessThan(2_000);
    const tooMany = await call('POST registered-models/create', { name: 'more', tags: [...tags, ...tags] });
    expect([tooMany.status, tooMany.body['message']]).toEqual([400, expect.stringContaining('more than 10000 items')]);
  }, 30_000);

  test('each form of a source leads to the logged model and the run behind it', async () => {
    const run = await makeRun(t);
    const { id, location } = await makeLoggedModel(t, { run, name: 'clf' });
    const root = location.replace(/\/models\/.*/, '');
    const inRun = `${root}/${run}/artifacts/old`;
    await register('forms', { source: `models:/${id}`, model_id: id });
    const table: [object, object, string][] = [
      [{ source: `runs:/${run}/clf`, run_id: run }, { run_id: run, model_id: id }, location],
      [{ source: `runs:/${run}/old`, run_id: run }, { run_id: run }, inRun],
      [{ source: location, model_id: id }, { run_id: run, model_id: id }, location],
      [{ source: inRun, run_id: run }, { run_id: run }, inRun],
      [{ source: 'runs:/elsewhere/m', run_id: 'elsewhere' }, { run_id: 'elsewhere' }, 'runs:/elsewhere/m'],
      [{ source: 'models:/forms/1' }, { run_id: run, model_id: id }, location],
      [{ source: 's3://bucket/some/model', run_id: run }, { run_id: run }, 's3://bucket/some/model'],
    ];
    for (const [fields, found, where] of table) {
      const answer = await register('forms', fields);
      expect([fields, versionOf(answer)]).toMatchObject([fields, found]);
      if (!('model_id' in found)) expect(versionOf(answer)).not.toHaveProperty('model_id');
      const { version } = versionOf(answer);
      const uri = await call('GET model-versions/get-download-uri', { name: 'forms', version });
      expect([fields, uri.body]).toEqual([fields, { artifact_uri: where }]);
    }
  });

  test('a source that is crafted, or contradicts its run or model, makes no version', async () => {
    const run = await makeRun(t);
    const other = await makeRun(t);
    const { id, location } = await makeLoggedModel(t, { run });
    const root = location.replace(/\/models\/.*/, '');
    await call('POST registered-models/create', { name: 'crafted' });
    const sources: object[] = [
      ...[`models:/${id}`, location, `${root}/${run}/artifacts/x`, `runs:/${run}/model`],
      ...['file:///etc', 'FILE:/etc', 'file://localhost/etc', '/etc/passwd', './x', 'x', 'C:\\x', ' file:///etc'],
      ...['models:/crafted/../..', `models:/${id}/../..`, 'models:/', 'models://host/crafted/1'],
      ...[`${location}/../../x`, `${location}/%2e%2e/x`, `${location}/%252e%252e%252fx`, `${location}/..\\..\\x`],
      ...['mlflow-artifacts:/', 'mlflow-artifacts:/99/x/artifacts', 'mlflow-artifacts://host/1/x', `${root}/x`],
      ...['http:///#/../../etc/', 's3://b/x?a=../..', 'https://host/api/..%2f..%2fsecret', 's3://b/x;/../..'],
      ...[`runs:/${run}`, 'runs:/none/model', `runs:/${'0'.repeat(32)}/m`, `s3://${'x'.repeat(3_000)}`, 'a%c0%ae:/x'],
    ].map((source) => ({ source }));
    const tables = [
      ...sources,
      { source: 'file:///etc', run_id: run },
      { source: 'file:///etc', tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }] },
      { source: `models:/${id}`, model_id: `m-${'0'.repeat(32)}` },
      { source: `runs:/${run}/model`, run_id: other },
      { source: location, run_id: other },
      { source: `${root}/${run}/artifacts/x`, run_id: other },
      { source: 'https://host/model', run_id: run },
      { source: `${location}/../x`, model_id: id },
    ];
    for (const fields of tables) {
      const { status, body } = await call('POST model-versions/create', { name: 'crafted', ...fields });
      expect([fields, status, body.error_code]).toEqual([fields, 400, 'INVALID_PARAMETER_VALUE']);
    }
    const { body } = await call('GET model-versions/search', { filter: "name = 'crafted'" });
    expect(body).toEqual({});
  });

  test('what clients do wrong is refused in the words that they look for', async () => {
    const { id } = await makeLoggedModel(t, {});
    await register('strict', { source: `models:/${id}`, model_id: id });
    const on = { name: 'strict', version: '1' };
    const table: Refusal[] = [
      ['POST registered-models/create', {}, 400, "Missing value for required parameter 'name'."],
      ['POST registered-models/create', { name: 5 }, 400, "Invalid value 5 for parameter 'name' supplied:  Hint:"],
      [
        'POST registered-models/create',
        { name: 'a/b' },
        400,
        "Invalid model name 'a/b'. Names cannot contain '/' or ':'.",
      ],
      ['POST registered-models/create', { name: 'x'.repeat(1e6) }, 400, 'exceeds the maximum length'],
      ['POST registered-models/create', { name: 'strict' }, 400, 'Registered Model (name=strict) already exists.'],
      ['GET registered-models/get', { name: 'none' }, 404, 'Registered Model with name=none not found'],
      [
        'POST registered-models/rename',
        { name: 'none', new_name: 'n' },
        404,
        'Registered Model with name=none not found',
      ],
      ['PATCH registered-models/update', { name: 'none' }, 404, 'Registered Model with name=none not found'],
      ['DELETE registered-models/delete', { name: 'none' }, 404, 'Registered Model with name=none not found'],
      ['POST registered-models/set-tag', { name: 'none', key: 'k', value: 'v' }, 404, 'name=none not found'],
      ['POST registered-models/set-tag', { name: 'strict', key: 'a$b' }, 400, 'Names may only contain alphanumerics'],
      ['POST registered-models/set-tag', { name: 'strict', key: '../x' }, 400, 'Names may be treated as files'],
      [
        'POST registered-models/set-tag',
        { name: 'strict', key: 'k', value: 'x'.repeat(100_001) },
        400,
        'maximum length',
      ],
      [
        'POST registered-models/get-latest-versions',
        { name: 'strict', stages: ['foo'] },
        400,
        'stage: foo. Value must',
      ],
      [
        'POST registered-models/alias',
        { ...on, alias: 'latest' },
        400,
        "'latest' alias name (case insensitive) is reserved.",
      ],
      ['POST registered-models/alias', { ...on, alias: 'v1' }, 400, "Version alias name 'v1' is reserved."],
      ['POST registered-models/alias', { ...on, alias: 'a b' }, 400, "Invalid alias name: 'a b'."],
      ['POST registered-models/alias', { ...on, version: '9', alias: 'a' }, 404, '(name=strict, version=9) not found'],
      ['GET registered-models/alias', { name: 'strict', alias: 'none' }, 400, 'Registered model alias none not found.'],
      ['GET model-versions/get', { ...on, version: 'abc' }, 400, "Parameter 'version' must be an integer, got 'abc'."],
      ['GET model-versions/get', { ...on, version: '2' }, 404, 'Model Version (name=strict, version=2) not found'],
      [
        'POST model-versions/create',
        { name: 'none', source: `models:/${id}`, model_id: id },
        404,
        'name=none not found',
      ],
      ['POST model-versions/transition-stage', { ...on, stage: 'foo' }, 400, 'Invalid Model Version stage: foo.'],
      [
        ...([
          'POST model-versions/transition-stage',
          { ...on, stage: 'None', archive_existing_versions: true },
        ] as const),
        ...([400, 'not an Active stage'] as const),
      ],
      ['GET model-versions/search', { filter: "foo = 'x'" }, 400, "Invalid attribute key 'foo' specified."],
      ['GET model-versions/search', { filter: "metrics.x = 'x'" }, 400, "Invalid entity type 'metrics'."],
      ['GET model-versions/search', { filter: "name > 'x'" }, 400, 'Invalid comparator'],
      ['GET model-versions/search', { filter: 'name = x' }, 400, 'quoted'],
      ['GET model-versions/search', { filter: 'version_number > 1.5' }, 400, 'Invalid value for numeric attribute'],
      [
        'GET model-versions/search',
        { filter: "name = 'a' OR name = 'b'" },
        400,
        "Invalid clause(s) in filter string: 'OR'",
      ],
      ['GET model-versions/search', { max_results: 200_001 }, 400, 'max_results'],
      ['GET model-versions/search', { page_token: 'nonsense' }, 400, 'Invalid page token'],
      ['GET registered-models/search', { max_results: 0 }, 400, 'It must be a positive integer'],
      ['GET registered-models/search', { order_by: 'version DESC' }, 400, "Invalid order by key 'version' specified."],
    ];
    for (const [operation, fields, status, message] of table) {
      const { body, ...answer } = await call(operation, fields);
      expect([operation, fields, answer.status]).toEqual([operation, fields, status]);
      expect(body.message).toContain(message);
      expect(body.error_code).toBe(
        status === 404
          ? 'RESOURCE_DOES_NOT_EXIST'
          : message.endsWith('already exists.')
            ? 'RESOURCE_ALREADY_EXISTS'
            : 'INVALID_PARAMETER_VALUE',
      );
    }
  });

  test('what is not there can be taken away without an error, where MLflow says so', async () => {
    const { id } = await makeLoggedModel(t, {});
    await register('lenient', { source: `models:/${id}`, model_id: id });
    for (const [operation, fields] of [
      ['DELETE registered-models/delete-tag', { name: 'lenient', key: 'none' }],
      ['DELETE registered-models/alias', { name: 'lenient', alias: 'none' }],
      ['DELETE model-versions/delete-tag', { name: 'lenient', version: '1', key: 'none' }],
      ['GET registered-models/alias', { name: 'lenient', alias: 'latest' }],
    ] as const) {
      expect([operation, (await call(operation, fields)).status]).toEqual([operation, 200]);
    }
  });

  test('a job’s token registers what its own runs logged, and touches nothing else', async () => {
    const [mine, another] = [await jobToken(t, 'job-1'), await jobToken(t, 'job-2')];
    const own = await makeLoggedModel(t, { run: await makeRun(t, 'job-1'), token: mine });
    const foreign = await makeLoggedModel(t, { run: await makeRun(t, 'job-2'), token: another });
    const nobodys = await makeLoggedModel(t, {});
    expect((await register('jobs', { source: `models:/${own.id}`, model_id: own.id }, mine)).status).toBe(200);
    await register('jobs', { source: `models:/${foreign.id}`, model_id: foreign.id });
    const first = { name: 'jobs', version: '1' };
    const second = { name: 'jobs', version: '2' };
    const create = 'POST model-versions/create';
    const table: [Refusal[0], object, number][] = [
      [create, { name: 'jobs', source: `models:/${foreign.id}`, model_id: foreign.id }, 403],
      [create, { name: 'jobs', source: `models:/${nobodys.id}`, model_id: nobodys.id }, 403],
      [create, { name: 'jobs', source: 'models:/jobs/2' }, 403],
      [create, { name: 'jobs', source: 's3://bucket/x' }, 403],
      ['POST model-versions/set-tag', { ...first, key: 'k', value: 'v' }, 200],
      ['POST model-versions/set-tag', { ...second, key: 'k', value: 'v' }, 403],
      ['PATCH model-versions/update', { ...second, description: 'x' }, 403],
      ['DELETE model-versions/delete-tag', { ...second, key: 'k' }, 403],
      ['POST registered-models/alias', { ...first, alias: 'champion' }, 403],
      ['DELETE registered-models/alias', { name: 'jobs', alias: 'champion' }, 403],
      ['POST model-versions/transition-stage', { ...first, stage: 'Production' }, 403],
      ['DELETE model-versions/delete', first, 403],
      ['DELETE registered-models/delete', { name: 'jobs' }, 403],
      ['POST registered-models/rename', { name: 'jobs', new_name: 'x' }, 403],
      ['POST registered-models/set-tag', { name: 'jobs', key: 'k', value: 'v' }, 403],
      ['GET registered-models/get', { name: 'jobs' }, 200],
      ['POST registered-models/get-latest-versions', { name: 'jobs' }, 200],
    ];
    for (const [operation, fields, status] of table) {
      const { status: found, body } = await call(operation, fields, mine);
      expect([operation, fields, found]).toEqual([operation, fields, status]);
      if (status === 403) expect(body.error_code).toBe('PERMISSION_DENIED');
    }
  });

  test('aliases and stages are told in events, with what they moved from', async () => {
    const { id } = await makeLoggedModel(t, {});
    for (let i = 0; i < 2; i += 1) await register('told', { source: `models:/${id}`, model_id: id });
    const alias = (version: string) =>
      call('POST registered-models/alias', { name: 'told', version, alias: 'champion' });
    await alias('1');
    await alias('2');
    await alias('2');
    await call('POST model-versions/transition-stage', { name: 'told', version: '2', stage: 'production' });
    await call('DELETE registered-models/alias', { name: 'told', alias: 'champion' });
    const events = await readEventsOf(t.context.db.read, 'version:told/2', 9);
    expect(events.slice(1).map(({ type, data }) => [type, data])).toEqual([
      ['version.alias_set', { alias: 'champion', from: 1 }],
      ['version.stage_changed', { from: 'None', to: 'Production', archived: [] }],
      ['version.alias_deleted', { alias: 'champion' }],
    ]);
  });
});
