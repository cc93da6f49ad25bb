import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from '../../test/cli.ts';
import { databases } from '../../test/databases.ts';
import { testApp } from '../../test/test-app.ts';
import { copyToPostgres } from './copy-to-postgres.fixture.ts';
import { type Death, dieAt } from './dying-client.fixture.ts';
import { makeSource, reportOf } from './made-source.fixture.ts';

let folder = '';
let source = '';
let ids: Record<string, string> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bucle-mlflow-'));
  source = join(folder, 'mlflow.db');
  ids = await makeSource(folder, `sqlite:///${source}`, join(folder, 'mlruns'));
}, 300_000);

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

  test('goes on where it was killed, and ends as one that was not', async () => {
    await using whole = await testApp({ background: false, database });
    await using killed = await testApp({ background: false, database });
    const words = ['import', 'mlflow', source, '--json'];
    const expected = reportOf(await cli([...words, '--url', whole.baseUrl]));
    const deaths = [4, 6, 7, 9, 14].map((atRequest, n): Death => ({ atRequest, when: n % 2 ? 'before' : 'after' }));
    for (const death of deaths) await dieAt(words, killed.baseUrl, death);
    const resumed = reportOf(await cli([...words, '--url', killed.baseUrl]));
    expect(resumed).toMatchObject({ equal: true, differences: [], problems: [], kinds: expected.kinds });
    expect(resumed.written).toBeGreaterThan(0);
    expect(resumed.written).toBeLessThan(expected.written);
    const { imports } = await killed.client.request<{ imports: object[] }>('GET', '/api/v1/imports');
    expect(imports).toMatchObject([{ id: resumed.import, state: 'done' }]);
  }, 120_000);
});

describe.each(databases.filter(({ name }) => name === 'PostgreSQL'))('a source on $name', (database) => {
  test('is read as the same store in SQLite is', async () => {
    await using app = await testApp({ background: false });
    await using copy = await database.create();
    if (copy.config.kind !== 'postgres') throw new Error('The copy is not on PostgreSQL.');
    await copyToPostgres(source, copy.config.url);
    const words = ['--json', '--artifact-root', folder, '--url', app.baseUrl];
    const first = reportOf(await cli(['import', 'mlflow', copy.config.url, ...words]));
    expect(first).toMatchObject({ equal: true, differences: [], problems: [], source: { kind: 'PostgreSQL' } });
    const second = reportOf(await cli(['import', 'mlflow', source, ...words]));
    expect([second.import, second.written, second.kinds]).toEqual([first.import, 0, first.kinds]);
  }, 60_000);
});
