import { appendFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from '../../test/cli.ts';
import { databases } from '../../test/databases.ts';
import { testApp } from '../../test/test-app.ts';
import { makeSource, reportOf } from './made-source.fixture.ts';

let folder = '';
let source = '';
let ids: Record<string, string> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bucle-mlruns-'));
  const made = join(folder, 'made');
  ids = await makeSource(folder, made);
  // What is imported is a copy, whose addresses all name another place.
  source = join(folder, 'mlruns');
  await cp(made, source, { recursive: true });
  await rm(made, { recursive: true });
}, 300_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

const place = (...names: string[]) => join(source, ids['flights'] ?? '', ...names);
const history = async (app: { client: Awaited<ReturnType<typeof testApp>>['client'] }, key: string) => {
  const query = { run_id: ids['parent'] ?? '', metric_key: key, max_results: 2_000 };
  const path = '/api/2.0/mlflow/metrics/get-history';
  return (await app.client.request<{ metrics: object[] }>('GET', path, { query })).metrics;
};

describe.each(databases)('an import of an mlruns folder into $name', (database) => {
  test('brings everything, with its files, from wherever it was moved to', async () => {
    await using app = await testApp({ background: false, database });
    const words = ['import', 'mlflow', source, '--json', '--url', app.baseUrl];
    const first = reportOf(await cli(words));
    expect(first).toMatchObject({ equal: true, differences: [], problems: [] });
    expect(first.leftOut).toEqual([{ what: 'deleted version: flights-model/2', count: 1 }]);
    expect(first.renumbered).toContainEqual({ name: 'flights é', from: ids['flights'], to: expect.any(Number) });
    const { kinds } = first;
    expect([kinds['runs']?.counted, kinds['runs']?.bucle.count]).toEqual([7, 7]);
    expect(kinds['params']?.bucle.count).toBe(kinds['params']?.counted);
    expect(await history(app, 'curve/val')).toHaveLength(1_000);
    expect((await history(app, 'odd')).map((point) => (point as { value: unknown }).value)).toContain('NaN');
    const { run } = await app.client.request<{
      run: { info: { artifact_uri: string }; data: { params: { key: string; value: string }[] } };
    }>('GET', '/api/2.0/mlflow/runs/get', { query: { run_id: ids['parent'] ?? '' } });
    const params = new Map(run.data.params.map(({ key, value }) => [key, value]));
    expect([params.get('null'), params.get('1e5'), params.get('text')]).toEqual(['null', '1e5', 'zwei\nZeilen 🎉']);
    const key = run.info.artifact_uri.replace('mlflow-artifacts:/', 'artifacts/');
    expect(await app.context.blobs.head(`${key}/notes/hello wörld.txt`)).toMatchObject({ size: 5 });
    const second = reportOf(await cli(words));
    expect([second.written, second.equal, second.kinds]).toEqual([0, true, kinds]);
  }, 60_000);
});

test('what can not be taken from a folder is named, and a point that is there twice is one', async () => {
  const parent = place(ids['parent'] ?? '');
  const loss = join(parent, 'metrics', 'loss');
  const [line = ''] = (await readFile(loss, 'utf8')).split('\n');
  await appendFile(loss, `${line}\n${line}\nnot a point\n`);
  await symlink('/etc/hostname', join(parent, 'artifacts', 'link.txt'));
  await symlink('/etc/hostname', join(parent, 'params', 'linked'));
  await mkdir(place('f'.repeat(32)));
  await writeFile(place('f'.repeat(32), 'meta.yaml'), 'run_id: &a x\nname: [*a, *a\n');
  await mkdir(join(parent, 'inputs', 'lost'));
  const lost = 'source_type: DATASET\nsource_id: abc\ndestination_type: RUN\ntags: {}\n';
  await writeFile(join(parent, 'inputs', 'lost', 'meta.yaml'), lost);
  await writeFile(join(source, 'models', 'flights-model', 'aliases', 'old'), '2');
  await using app = await testApp({ background: false });
  const done = await cli(['import', 'mlflow', source, '--json', '--url', app.baseUrl]);
  const { problems, leftOut, differences, equal } = reportOf(done);
  expect([done.code === 0, equal, differences]).toEqual([false, false, []]);
  expect(problems.map(({ what }) => what).sort()).toEqual(
    [
      `1 lines of loss of run ${ids['parent']}`,
      `artifact ${join(parent, 'artifacts', 'link.txt')}`,
      join(parent, 'params', 'linked'),
      `run ${'f'.repeat(32)}`,
    ].sort(),
  );
  expect(leftOut.map(({ what }) => what).sort()).toEqual([
    'alias of a version that is not there: flights-model@old (2)',
    'deleted version: flights-model/2',
    `link of run ${ids['parent']} to a dataset that is not there: abc`,
  ]);
  expect(await history(app, 'loss')).toHaveLength(20);
}, 60_000);

test('a folder without any meta.yaml is no store', async () => {
  await using app = await testApp({ background: false });
  const empty = join(folder, 'empty');
  await mkdir(join(empty, '0', 'artifacts'), { recursive: true });
  const { code, stderr } = await cli(['import', 'mlflow', empty, '--url', app.baseUrl]);
  expect([code, stderr]).toEqual([1, expect.stringContaining('no folder in it has a meta.yaml')]);
});
