import { describe, expect, test } from 'vitest';
import { databases } from '../../../test/databases.ts';
import type { Db, Trx } from '../../database.ts';
import { mlflowApp } from './mlflow-http.fixture.ts';
import { runTracking } from './run-tracking.ts';

const attempt = (id: string, experiment: string) => ({
  ...{ id, experiment, name: 'train', user: 'ana', startedAt: 1_000 },
  tags: { 'bucle.job': 'j1', 'bucle.attempt': '1' },
  inputs: [
    {
      dataset: {
        name: 'flights',
        digest: 'd'.repeat(32),
        source_type: 'bucle',
        source: '{}',
        schema: '{}',
        profile: '{}',
      },
      tags: { 'mlflow.data.context': 'train', 'bucle.input': 'train' },
    },
  ],
});

describe.each(databases)('runs that the server starts itself on $name', (database) => {
  test('are to clients what their own runs are', async () => {
    await using app = await mlflowApp(database);
    const { db } = app.context;
    const id = 'a'.repeat(32);
    await db.transaction((trx) => runTracking.start(trx as Trx, attempt(id, 'jobs')));
    const experiment = await runTracking.experimentOf(db.read as Db, id);
    await db.transaction((trx) => runTracking.end(trx as Trx, id, 'FAILED', 2_000));
    const { run } = (await app.get('runs/get', { run_id: id })).body;
    const made = await app.post('runs/create', {
      ...{ experiment_id: experiment, run_name: 'train', user_id: 'ana', start_time: 1_000 },
      tags: [
        { key: 'bucle.attempt', value: '1' },
        { key: 'bucle.job', value: 'j1' },
      ],
    });
    const { run_id } = made.body.run.info;
    const { dataset_inputs } = run.inputs;
    await app.post('runs/log-inputs', { run_id, datasets: dataset_inputs });
    await app.post('runs/update', { run_id, status: 'FAILED', end_time: 2_000 });
    const twin = (await app.get('runs/get', { run_id })).body.run;
    expect(JSON.parse(JSON.stringify(twin).replaceAll(run_id, id))).toEqual(run);
    expect(dataset_inputs[0].dataset).toEqual(attempt(id, '').inputs[0]?.dataset);
  });

  test('share an experiment, which comes back without its old runs when it was deleted', async () => {
    await using app = await mlflowApp(database);
    const { db } = app.context;
    const [first = '', second = '', third = ''] = ['1', '2', '3'].map((digit) => digit.repeat(32));
    const start = (id: string) => db.transaction((trx) => runTracking.start(trx as Trx, attempt(id, 'jobs')));
    await Promise.all([start(first), start(second)]);
    const experiment_id = await runTracking.experimentOf(db.read as Db, first);
    expect(await runTracking.experimentOf(db.read as Db, second)).toBe(experiment_id);
    await app.post('experiments/delete', { experiment_id });
    await start(third);
    const { runs } = (await app.post('runs/search', { experiment_ids: [experiment_id] })).body;
    expect(runs.map(({ info }: { info: { run_id: string } }) => info.run_id)).toEqual([third]);
  });
});
