import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { type Mlflow, mlflowApp } from './mlflow-http.fixture.ts';

interface Planted {
  readonly name: string;
  readonly metric?: number | 'NaN';
  readonly param?: string;
  readonly tag?: string;
}

const planted: readonly Planted[] = [
  { name: 'a', metric: 1, param: 'Äpfel', tag: 'x' },
  { name: 'b', metric: 3, param: 'äpfel' },
  { name: 'c', metric: 'NaN', param: '100%' },
  { name: 'd', tag: 'y_1' },
  { name: 'e', metric: 2, param: '[q]*' },
];

async function plant(app: Mlflow): Promise<void> {
  for (const [i, { name, metric, param, tag }] of planted.entries()) {
    const run_id = await app.newRun({ run_name: name, start_time: 1_000 + i });
    await app.post('runs/log-batch', {
      run_id,
      metrics: metric === undefined ? [] : [{ key: 'm.1', value: metric, timestamp: 1 }],
      params: param === undefined ? [] : [{ key: 'p', value: param }],
      tags: tag === undefined ? [] : [{ key: 't', value: tag }],
    });
  }
}

async function search(app: Mlflow, body: Record<string, unknown>): Promise<string> {
  const answer = await app.post('runs/search', { experiment_ids: ['0'], ...body });
  if (answer.status !== 200) return `${answer.status} ${answer.body.message}`;
  const runs = (answer.body.runs ?? []) as { info: { run_name: string } }[];
  return runs.map(({ info }) => info.run_name).join('');
}

describe.each(databases)('searching runs on $name', (database) => {
  test('a filter finds what it says: text with and without case, numbers, keys that are absent', async () => {
    await using app = await mlflowApp(database);
    await plant(app);
    const found: Record<string, string> = {};
    const expected: Record<string, string> = {
      '': 'edcba',
      'metrics.`m.1` > 1': 'eb',
      'metrics.m.1 = 1': 'a',
      'metric."m.1" != 1': 'ecb',
      "params.p LIKE 'Ä%'": 'a',
      "params.p ILIKE 'Ä%'": 'ba',
      "params.p LIKE '[q]*'": 'e',
      "params.p = '100%'": 'c',
      "params.p LIKE '1_0%'": 'c',
      "params.p != '100%'": 'eba',
      'tags.t IS NULL': 'ecb',
      "tags.t IS NOT NULL and tags.t like 'y%'": 'd',
      "tags.t LIKE 'y_1'": 'd',
      "attributes.run_name ILIKE 'A'": 'a',
      "run.`Run name` = 'b'": 'b',
      'start_time > 1003': 'e',
      'attr.created <= 1001': 'ba',
      "status = 'RUNNING' AND tags.t = 'x'": 'a',
      "run_id IN ('nope')": '',
      "dataset.name = 'nope'": '',
      "tags.t = 'x' OR tags.t = 'y'": "400 Invalid clause(s) in filter string: 'OR'",
      "foo.x = '1'": "400 Invalid entity type 'foo'. Valid values are",
      "bogus = '1'": "400 Invalid attribute key 'bogus' specified. Valid keys are '{",
      "params.p > '1'": "400 Invalid comparator '>' not one of '{",
      'params.p = 1': "400 Expected a quoted string value for parameter (e.g. 'my-value'). Got value 1",
      "metrics.m = '1'": "400 Expected numeric value type for metric. Found '1'",
      "status IN ('RUNNING')": "400 Only ['run_id'] attributes support comparison with a list",
    };
    for (const [filter, names] of Object.entries(expected)) {
      found[filter] = (await search(app, { filter })).slice(0, names.startsWith('4') ? names.length : undefined);
    }
    expect(found).toEqual(expected);
  });

  test('an order puts numbers before NaN before nothing, in both directions, and pages keep it', async () => {
    await using app = await mlflowApp(database);
    await plant(app);
    const orders: [string[], string][] = [
      [[], 'edcba'],
      [['metrics.`m.1`'], 'aebcd'],
      [['metrics.`m.1` DESC'], 'beacd'],
      [['params.p DESC', 'start_time ASC'], ''],
      [['tags.t', 'attributes.start_time DESC'], 'adecb'],
      [['attribute.end_time DESC', 'run_name'], 'abcde'],
    ];
    for (const [order_by, names] of orders) {
      const whole = await search(app, { order_by });
      if (names !== '') expect([order_by, whole]).toEqual([order_by, names]);
      let paged = '';
      let page_token: string | undefined = '';
      while (page_token !== undefined) {
        const { body } = await app.post('runs/search', { experiment_ids: ['0'], order_by, max_results: 2, page_token });
        paged += body.runs.map(({ info }: { info: { run_name: string } }) => info.run_name).join('');
        page_token = body.next_page_token;
      }
      expect([order_by, paged]).toEqual([order_by, whole]);
    }
    expect(await search(app, { order_by: ['dataset.name'] })).toContain("400 Invalid identifier type 'dataset'");
  });

  test('views, limits, tokens and experiments that do not exist', async () => {
    await using app = await mlflowApp(database);
    await plant(app);
    const { body } = await app.post('runs/search', { experimentIds: ['0'], maxResults: '1' });
    await app.post('runs/delete', { run_id: body.runs[0].info.run_id });
    expect(await search(app, {})).toBe('dcba');
    expect(await search(app, { run_view_type: 'DELETED_ONLY' })).toBe('e');
    expect(await search(app, { run_view_type: 3 })).toBe('edcba');
    expect(await search(app, { experiment_ids: ['77'] })).toBe('');
    expect(await search(app, { experiment_ids: [] })).toBe('');
    expect(await search(app, { experiment_ids: ['abc'] })).toContain("400 Invalid experiment ID 'abc'");
    expect(await search(app, { max_results: 0 })).toContain("400 Invalid value 0 for parameter 'max_results' supplied");
    expect(await search(app, { max_results: 50_001 })).toContain('400 Invalid value 50001');
    expect(await search(app, { page_token: 'zzz' })).toContain('400 Invalid page token');
  });

  test('experiments: names stay taken, deletion takes the runs along, search pages by creation', async () => {
    await using app = await mlflowApp(database);
    const make = (name: string, more = {}) => app.post('experiments/create', { name, ...more });
    const made = await Promise.all(['x', 'y', 'z'].map((name) => make(name, { tags: [{ key: 'k', value: name }] })));
    expect(made.map(({ body }) => body.experiment_id).sort()).toEqual(['1', '2', '3']);
    expect((await make('x')).body).toMatchObject({
      error_code: 'RESOURCE_ALREADY_EXISTS',
      message: expect.stringMatching(/^Experiment\(name=x\) already exists\./),
    });
    const { body } = await app.get('experiments/get-by-name', { experiment_name: 'y' });
    const { experiment_id } = body.experiment;
    expect(body.experiment).toMatchObject({
      ...{ name: 'y', artifact_location: `mlflow-artifacts:/${experiment_id}`, lifecycle_stage: 'active' },
      tags: [{ key: 'k', value: 'y' }],
    });
    const run_id = await app.newRun({ experiment_id });
    await app.post('experiments/delete', { experiment_id });
    expect((await app.post('experiments/delete', { experiment_id })).status).toBe(404);
    expect((await app.get('runs/get', { run_id })).body.run.info.lifecycle_stage).toBe('deleted');
    expect((await app.post('runs/create', { experiment_id })).body.message).toBe(
      `The experiment ${experiment_id} must be in the 'active' state. Current state is deleted.`,
    );
    expect((await make('y')).status).toBe(400);
    const names = async (query: object) =>
      ((await app.post('experiments/search', { max_results: 10, ...query })).body.experiments ?? []).map(
        ({ name }: { name: string }) => name,
      );
    expect(await names({ order_by: ['name DESC'] })).toEqual(['z', 'x', 'Default']);
    expect(await names({ filter: "tags.k ILIKE 'X'" })).toEqual(['x']);
    expect(await names({ view_type: 'DELETED_ONLY' })).toEqual(['y']);
    await app.post('experiments/restore', { experiment_id });
    expect((await app.get('runs/get', { run_id })).body.run.info.lifecycle_stage).toBe('active');
    expect((await app.post('experiments/search', {})).body.message).toContain(
      "Invalid value 0 for parameter 'max_results'",
    );
    expect((await app.get('experiments/get', { experiment_id: '99' })).body).toEqual({
      error_code: 'RESOURCE_DOES_NOT_EXIST',
      message: 'No Experiment with id=99 exists',
    });
    for (const artifact_location of [
      'http://x/#/../../etc',
      's3://b/x?a=../..',
      'mlflow-artifacts:/a/%2e%2e/b',
      'runs:/x',
    ]) {
      expect((await make(artifact_location, { artifact_location })).status).toBe(400);
    }
  });
});
