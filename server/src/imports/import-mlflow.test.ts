import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from '../../test/cli.ts';
import { databases } from '../../test/databases.ts';
import { testApp } from '../../test/test-app.ts';
import { makeSource, reportOf } from './made-source.ts';

let folder = '';
let source = '';
let ids: Record<string, string> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bucle-mlflow-'));
  source = join(folder, 'mlflow.db');
  ids = await makeSource(folder, `sqlite:///${source}`, join(folder, 'mlruns'));
}, 180_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(databases)('an import of an MLflow database into $name', (database) => {
  test('brings everything with equal counts and hashes, and the second time writes nothing', async () => {
    await using app = await testApp({ background: false, database });
    const words = ['import', 'mlflow', source, '--json', '--url', app.baseUrl];
    const first = await cli(words);
    expect(first.stderr).toBe('');
    expect(reportOf(first)).toMatchObject({ equal: true, differences: [], problems: [], renumbered: [] });
    expect(reportOf(first).leftOut).toEqual([{ what: 'deleted version: flights-model/2', count: 1 }]);
    const { kinds, written } = reportOf(first);
    expect(written).toBeGreaterThan(1_000);
    const db = new DatabaseSync(source, { readOnly: true });
    const count = (table: string) => db.prepare(`select count(*) as n from ${table}`).get()?.['n'];
    expect(kinds['metric points']?.bucle.count).toBe(count('metrics'));
    expect(kinds['params']?.bucle.count).toBe(count('params'));
    expect(kinds['runs']?.bucle.count).toBe(count('runs'));
    db.close();
    const second = reportOf(await cli(words));
    expect([second.written, second.equal, second.kinds]).toEqual([0, true, kinds]);
    const removed = await app.client.request<{ run: { info: object } }>('GET', '/api/2.0/mlflow/runs/get', {
      query: { run_id: ids['removed'] },
    });
    expect(removed.run.info).toMatchObject({ lifecycle_stage: 'deleted', run_name: 'removed' });
  }, 60_000);

  test('adds what the source got since, and refuses names of others before it writes anything', async () => {
    await using app = await testApp({ background: false, database });
    const later = join(folder, `later-${database.name}.db`);
    await copyFile(source, later);
    const words = ['import', 'mlflow', later, '--json', '--no-artifacts', '--url', app.baseUrl];
    await app.client.request('POST', '/api/2.0/mlflow/experiments/create', { json: { name: 'gone' } });
    const refused = await cli(words);
    expect([refused.code, refused.stderr]).toEqual([6, expect.stringContaining('experiment gone (id 1, active)')]);
    const { experiments } = await app.client.request<{ experiments: object[] }>(
      'POST',
      '/api/2.0/mlflow/experiments/search',
      { json: { max_results: 10 } },
    );
    expect(experiments).toHaveLength(2);
    const prefixed = reportOf(await cli([...words, '--prefix', 'old/']));
    expect(prefixed).toMatchObject({ equal: true });
    expect(prefixed.renumbered).toContainEqual({ name: 'old/flights é', from: '1', to: expect.any(Number) });
    const db = new DatabaseSync(later);
    db.prepare("insert into metrics values ('auc', 0.75, 7, ?, 9, 0)").run(ids['child'] ?? '');
    db.prepare("insert into params values ('late', 'yes', ?)").run(ids['child'] ?? '');
    db.close();
    const again = reportOf(await cli([...words, '--prefix', 'old/']));
    expect([again.written, again.equal]).toEqual([2, true]);
  }, 60_000);
});
