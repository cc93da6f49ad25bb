import { describe, expect, test } from 'vitest';
import { cli } from '../../../test/cli.ts';
import { databases } from '../../../test/databases.ts';
import { testApp } from '../../../test/test-app.ts';

interface Purges {
  readonly runs: string[];
  readonly experiments: string[];
  readonly logged_models: string[];
}

describe.each(databases)('a purge on $name', (kind) => {
  test('removes only what was deleted long enough, its rows and its files, and no number is given twice', async () => {
    let now = Date.now();
    await using app = await testApp({ database: kind, clock: { now: () => now } });
    const { db, blobs } = app.context;
    const post = <T>(path: string, json: object) => app.client.request<T>('POST', `/api/2.0/mlflow/${path}`, { json });
    const purge = (json: object) => app.client.request<Purges>('POST', '/api/v1/purges', { json });
    const make = async (experiment_id: string) => {
      const { run } = await post<{ run: { info: { run_id: string } } }>('runs/create', { experiment_id });
      const { run_id } = run.info;
      const metrics = [1, 2].map((value) => ({ key: 'm', value, step: value, timestamp: value }));
      await post('runs/log-batch', { run_id, metrics, params: [{ key: 'a', value: 'b' }], tags: [] });
      await blobs.put(`artifacts/${experiment_id}/${run_id}/artifacts/a.txt`, Buffer.from('x'));
      return run_id;
    };
    const { experiment_id } = await post<{ experiment_id: string }>('experiments/create', { name: 'gone' });
    const [kept, deleted, inside] = [await make('0'), await make('0'), await make(experiment_id)];
    await post('runs/delete', { run_id: deleted });
    await post('experiments/delete', { experiment_id });
    await expect(purge({ runs: [kept] })).rejects.toMatchObject({ code: 'TRACK_NOT_PURGEABLE' });
    await expect(purge({ runs: [deleted], older_than: '1d' })).rejects.toMatchObject({ code: 'TRACK_NOT_PURGEABLE' });
    expect(await purge({ older_than: '1d' })).toMatchObject({ runs: [], experiments: [] });
    now += 2 * 86_400_000;
    const all = { runs: [deleted, inside].sort(), experiments: [experiment_id], logged_models: [], more: false };
    expect(await purge({ older_than: '1d', dry_run: true })).toEqual({ ...all, dry_run: true });
    expect(await db.read.selectFrom('runs').select('id').execute()).toHaveLength(3);
    expect(await purge({ older_than: '1d' })).toEqual({ ...all, dry_run: false });
    for (const table of ['runs', 'run_params', 'run_metrics'] as const) {
      const column = table === 'runs' ? 'id' : 'run';
      const rows = await db.read.selectFrom(table).select(db.read.dynamic.ref<string>(column)).execute();
      expect(rows, table).toEqual([{ [column]: kept }]);
    }
    expect(await db.read.selectFrom('metric_points').select('value').execute()).toHaveLength(2);
    const keys = async () => {
      const found: string[] = [];
      for await (const { key } of blobs.walk('artifacts')) found.push(key);
      return found;
    };
    await expect.poll(keys, { timeout: 5_000 }).toEqual([`artifacts/0/${kept}/artifacts/a.txt`]);
    const next = await post<{ experiment_id: string }>('experiments/create', { name: 'gone' });
    expect(Number(next.experiment_id)).toBe(Number(experiment_id) + 1);
  });

  test('refuses what a registered version is made of, names it, and does it when forced', async () => {
    await using app = await testApp({ database: kind, background: false });
    const post = <T>(path: string, json: object) => app.client.request<T>('POST', `/api/2.0/mlflow/${path}`, { json });
    const purge = (json: object) => app.client.request<Purges>('POST', '/api/v1/purges', { json });
    const { run } = await post<{ run: { info: { run_id: string; artifact_uri: string } } }>('runs/create', {
      experiment_id: '0',
    });
    const { run_id, artifact_uri } = run.info;
    await post('registered-models/create', { name: 'flights' });
    await post('model-versions/create', { name: 'flights', source: `${artifact_uri}/model`, run_id });
    await post('runs/delete', { run_id });
    await expect(purge({ runs: [run_id] })).rejects.toMatchObject({
      code: 'TRACK_STILL_USED',
      message: expect.stringContaining('flights/1'),
    });
    expect(await purge({ runs: [run_id], force: true })).toMatchObject({ runs: [run_id] });
  });
});

test('bucle gc says what would go, removes it, and takes single runs', async () => {
  await using app = await testApp({ background: false });
  const post = <T>(path: string, json: object) => app.client.request<T>('POST', `/api/2.0/mlflow/${path}`, { json });
  const gc = (...words: string[]) => cli(['gc', ...words, '--url', app.baseUrl]);
  const ids: string[] = [];
  for (let i = 0; i < 2; i += 1) {
    const { run } = await post<{ run: { info: { run_id: string } } }>('runs/create', { experiment_id: '0' });
    await post('runs/delete', { run_id: run.info.run_id });
    ids.push(run.info.run_id);
  }
  const [first = '', second = ''] = ids;
  expect((await gc('--older-than', '1d', '--json')).stdout).toContain('"runs": []');
  expect((await gc('--dry-run')).stderr).toContain('Would go: 2 runs, 0 experiments');
  expect(await gc('--run-ids', first)).toMatchObject({ code: 0, stdout: expect.stringContaining(first) });
  expect(await gc('--run-ids', first)).toMatchObject({ code: 6, stderr: expect.stringContaining('is not deleted') });
  expect(JSON.parse((await gc('--json')).stdout)).toMatchObject({ dry_run: false, runs: [second], experiments: [] });
  expect(await app.context.db.read.selectFrom('runs').select('id').execute()).toEqual([]);
});
