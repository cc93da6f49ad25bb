import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import { mlflowApp } from './mlflow-http.fixture.ts';

describe.each(databases)('logging to a run on $name', (database) => {
  test('a param that is logged again with another value is refused, and with the same value it is not', async () => {
    await using app = await mlflowApp(database);
    const run_id = await app.newRun();
    const log = (value: string) => app.post('runs/log-parameter', { run_id, key: 'a', value });
    expect(await log('1')).toEqual({ status: 200, body: {} });
    expect(await log('1')).toEqual({ status: 200, body: {} });
    expect(await log('2')).toEqual({
      status: 400,
      body: {
        error_code: 'INVALID_PARAMETER_VALUE',
        message: `Changing param values is not allowed. Param with key='a' was already logged with value='1' for run ID='${run_id}'. Attempted logging new value '2'.`,
      },
    });
  });

  test('a batch is all or nothing: one changed param leaves no metric, tag or other param behind', async () => {
    await using app = await mlflowApp(database);
    const run_id = await app.newRun();
    await app.post('runs/log-parameter', { run_id, key: 'a', value: '1' });
    const { status, body } = await app.post('runs/log-batch', {
      run_id,
      metrics: [{ key: 'm', value: 1, timestamp: 1 }],
      params: [
        { key: 'a', value: '2' },
        { key: 'b', value: '3' },
      ],
      tags: [{ key: 't', value: 'x' }],
    });
    expect([status, body.message]).toEqual([
      400,
      `Changing param values is not allowed. Params were already logged='[{'key': 'a', 'old_value': '1', 'new_value': '2'}]' for run ID='${run_id}'.`,
    ]);
    const { data } = (await app.get('runs/get', { run_id })).body.run;
    expect([data.metrics, data.params]).toEqual([undefined, [{ key: 'a', value: '1' }]]);
    expect(data.tags.map(({ key }: { key: string }) => key)).toEqual(['mlflow.runName']);
  });

  test('the latest metric is that of the highest step, then time, then value, in whatever order points come', async () => {
    await using app = await mlflowApp(database);
    const run_id = await app.newRun();
    const points = [
      { step: 2, timestamp: 10, value: 1 },
      { step: 1, timestamp: 99, value: 9 },
      { step: 2, timestamp: 20, value: 2 },
      { step: 2, timestamp: 20, value: 1.5 },
      { step: -5, timestamp: 1, value: 7 },
    ];
    for (const point of points) await app.post('runs/log-metric', { run_id, key: 'm', ...point });
    const { data } = (await app.get('runs/get', { run_id })).body.run;
    expect(data.metrics).toEqual([{ key: 'm', step: 2, timestamp: 20, value: 2 }]);
  });

  test('the same point again is one point, NaN too; ±Infinity becomes the largest double', async () => {
    await using app = await mlflowApp(database);
    const run_id = await app.newRun();
    for (const value of ['NaN', 'NaN', 'Infinity', '-Infinity', 0.1, 0.1]) {
      await app.post('runs/log-metric', { run_id, key: 'm', value, timestamp: 5 });
    }
    const { metrics } = (await app.get('metrics/get-history', { run_id, metric_key: 'm' })).body;
    const max = Number.MAX_VALUE;
    expect(metrics.map(({ value }: { value: unknown }) => value)).toEqual([-max, 'NaN', 0.1, max]);
    expect((await app.get('metrics/get-history', { run_id: 'none', metric_key: 'm' })).body).toEqual({});
  });

  test('a history is read in pages, each point once and in order', async () => {
    await using app = await mlflowApp(database);
    const run_id = await app.newRun();
    const metrics = Array.from({ length: 1000 }, (_, i) => ({ key: 'm', value: i % 3, timestamp: i % 7, step: i }));
    expect((await app.post('runs/log-batch', { run_id, metrics })).status).toBe(200);
    const steps: number[] = [];
    let page_token = '';
    do {
      const query = { run_id, metric_key: 'm', max_results: '300', page_token };
      const { body } = await app.get('metrics/get-history', query);
      steps.push(...body.metrics.map(({ step }: { step: number }) => step));
      page_token = body.next_page_token ?? '';
    } while (page_token !== '');
    const expected = [...metrics].sort((a, b) => a.timestamp - b.timestamp || a.step - b.step);
    expect(steps).toEqual(expected.map(({ step }) => step));
  });

  test('writers of one run at once lose nothing', async () => {
    await using app = await mlflowApp(database);
    const run_id = await app.newRun();
    const write = (w: number) =>
      app.post('runs/log-batch', {
        run_id,
        metrics: Array.from({ length: 90 }, (_, i) => ({
          key: `m${(i * 7 + w) % 90}`,
          value: w,
          timestamp: w,
          step: w,
        })),
        params: [{ key: `p${w}`, value: 'x' }],
        tags: [
          { key: 'b', value: String(w) },
          { key: 'a', value: String(w) },
        ],
      });
    const answers = await Promise.all(Array.from({ length: 12 }, (_, w) => write(w)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200));
    const { data } = (await app.get('runs/get', { run_id })).body.run;
    expect(data.params.length).toBe(12);
    expect(data.metrics.map(({ value }: { value: number }) => value)).toEqual(Array.from({ length: 90 }, () => 11));
    const { body } = await app.get('metrics/get-history', { run_id, metric_key: 'm0' });
    expect(body.metrics.length).toBe(12);
  });

  test('the bulk history tells the run of each point, and an interval keeps the first and the last step', async () => {
    await using app = await mlflowApp(database);
    const runs = [await app.newRun(), await app.newRun()].sort();
    for (const run_id of runs) {
      const metrics = Array.from({ length: 50 }, (_, step) => ({ key: 'm', value: step, timestamp: step, step }));
      await app.post('runs/log-batch', { run_id, metrics });
    }
    const bulk = (await app.get('metrics/get-history-bulk', { run_id: runs, metric_key: 'm' })).body.metrics;
    expect(bulk.map((one: { run_id: string }) => one.run_id)).toEqual([
      ...Array.from({ length: 50 }, () => runs[0]),
      ...Array.from({ length: 50 }, () => runs[1]),
    ]);
    const query = { run_ids: runs, metric_key: 'm', start_step: '10', end_step: '40', max_results: '4' };
    const sampled = (await app.get('metrics/get-history-bulk-interval', query)).body.metrics;
    expect(sampled.map(({ step }: { step: number }) => step)).toEqual([10, 18, 26, 40, 10, 18, 26, 40]);
  });

  test('a deleted run refuses every write until it is restored', async () => {
    await using app = await mlflowApp(database);
    const run_id = await app.newRun();
    expect((await app.post('runs/delete', { run_id })).status).toBe(200);
    expect((await app.post('runs/delete', { run_id })).status).toBe(200);
    const writes = [
      app.post('runs/log-metric', { run_id, key: 'm', value: 1, timestamp: 1 }),
      app.post('runs/log-parameter', { run_id, key: 'a', value: '1' }),
      app.post('runs/set-tag', { run_id, key: 'a', value: '1' }),
      app.post('runs/log-batch', { run_id, tags: [{ key: 'a', value: '1' }] }),
      app.post('runs/update', { run_id, status: 'FINISHED' }),
      app.post('runs/outputs', { run_id, models: [{ model_id: 'm-1', step: 0 }] }),
    ];
    for (const { status, body } of await Promise.all(writes)) {
      expect([status, body.message]).toEqual([
        400,
        `The run ${run_id} must be in the 'active' state. Current state is deleted.`,
      ]);
    }
    await app.post('runs/restore', { run_id });
    expect((await app.post('runs/set-tag', { run_id, key: 'a', value: '1' })).status).toBe(200);
  });

  test('a run tells when it ended once, and its name follows the tag and the tag its name', async () => {
    await using app = await mlflowApp(database);
    const run_id = await app.newRun({ run_name: 'one' });
    await app.post('runs/set-tag', { run_id, key: 'mlflow.runName', value: 'two' });
    expect((await app.get('runs/get', { run_id })).body.run.info.run_name).toBe('two');
    await app.post('runs/update', { run_id, run_name: 'three', status: 3, end_time: '77' });
    await app.post('runs/update', { run_id, status: 'FINISHED' });
    const { info, data } = (await app.get('runs/get', { run_id })).body.run;
    expect([info.run_name, info.status, info.end_time]).toEqual(['three', 'FINISHED', 77]);
    expect(data.tags).toEqual([{ key: 'mlflow.runName', value: 'three' }]);
    const events = await app.context.db.read.selectFrom('events').select('type').orderBy('seq').execute();
    expect(events.map(({ type }) => type)).toEqual(['run.created', 'run.finished']);
  });
});

test('each mistake of a client is answered as one, in the words of MLflow', async () => {
  const [database] = databases;
  if (!database) throw new Error('SQLite is always there');
  await using app = await mlflowApp(database);
  const run_id = await app.newRun();
  const mistakes: [string, Record<string, unknown>, string][] = [
    ['runs/log-metric', { key: 'm', timestamp: 1 }, "Missing value for required parameter 'value'."],
    [
      'runs/log-metric',
      { key: 'm', value: 'abc', timestamp: 1 },
      `Invalid value "abc" for parameter 'value' supplied:  Hint: Value was of type 'str'.`,
    ],
    [
      'runs/log-metric',
      { key: 'm', value: 1, timestamp: -1 },
      'Timestamp must be a nonnegative long (64-bit integer) ',
    ],
    ['runs/log-metric', { key: 'm', value: 1, timestamp: 1e300 }, "for parameter 'timestamp' supplied"],
    [
      'runs/log-parameter',
      { key: 'a$b', value: '1' },
      `Invalid value "a$b" for parameter 'key' supplied: Names may only contain`,
    ],
    ['runs/log-parameter', { key: '../x', value: '1' }, "This name would resolve to '../x'"],
    [
      'runs/log-parameter',
      { key: 'k'.repeat(251), value: '1' },
      "'Param key' exceeds the maximum length of 250 characters",
    ],
    [
      'runs/log-parameter',
      { key: 5, value: '1' },
      "Invalid value 5 for parameter 'key' supplied:  Hint: Value was of type 'int'.",
    ],
    // PostgreSQL keeps no NUL.
    ['runs/set-tag', { key: 'a', value: 'x\u0000y' }, "for parameter 'value' supplied"],
    [
      'runs/log-batch',
      {
        params: [
          { key: 'd', value: '1' },
          { key: 'd', value: '1' },
        ],
      },
      "Duplicate parameter keys have been submitted: ['d'].",
    ],
    [
      'runs/log-batch',
      { metrics: [{ key: 'm', value: 1 }] },
      "Missing value for required parameter 'metrics[0].timestamp'.",
    ],
    [
      'runs/log-batch',
      { params: Array.from({ length: 101 }, (_, i) => ({ key: `p${i}`, value: '' })) },
      'A batch logging request can contain at most 100 params. Got 101 params.',
    ],
    [
      'runs/log-inputs',
      { datasets: [{ dataset: { name: 'n', digest: 'd'.repeat(37), source_type: 's', source: 's' } }] },
      'exceeds the maximum length of 36 characters',
    ],
    ['runs/log-model', { model_json: '{"flavors": {}}' }, "missing mandatory fields: {'artifact_path'"],
  ];
  for (const [path, body, message] of mistakes) {
    expect(await app.post(path, { run_id, ...body })).toEqual({
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining(message) },
    });
  }
});
