import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliOptions, cli } from '../../../test/cli.ts';
import { type TestApp, testApp } from '../../../test/test-app.ts';

const MLFLOW = '/api/2.0/mlflow';

describe('runs and models on the command line', () => {
  let t: TestApp;
  let experiment = '';
  beforeAll(async () => {
    t = await testApp({ background: false });
    ({ experiment_id: experiment } = await post<{ experiment_id: string }>('experiments/create', { name: 'flights' }));
  });
  afterAll(() => t[Symbol.asyncDispose]());

  const bucle = (words: readonly string[], options: CliOptions = {}) => cli([...words, '--url', t.baseUrl], options);
  const post = <T>(path: string, json: unknown, method = 'POST') =>
    t.client.request<T>(method, `${MLFLOW}/${path}`, { json });
  const makeRun = async (name: string, auc: number, where = experiment) => {
    const { run } = await post<{ run: { info: { run_id: string } } }>('runs/create', {
      ...{ experiment_id: where, run_name: name, start_time: Date.UTC(2026, 0, 2, 3, 4), user_id: 'ana' },
    });
    const { run_id } = run.info;
    await post('runs/log-batch', {
      ...{ run_id, params: [{ key: 'depth', value: '6' }] },
      metrics: [{ key: 'auc', value: auc, timestamp: 1, step: 3 }],
    });
    return run_id;
  };
  const logModel = async (run: string, name: string) => {
    const { model } = await post<{ model: { info: { model_id: string } } }>('logged-models', {
      ...{ experiment_id: experiment, name, source_run_id: run },
    });
    const id = model.info.model_id;
    await post(`logged-models/${id}`, { model_id: id, status: 'LOGGED_MODEL_READY' }, 'PATCH');
    return id;
  };

  test('runs ls shows runs of all experiments or one, filtered, ordered and cut', async () => {
    const good = await makeRun('good', 0.912345678);
    const poor = await makeRun('poor', 0.5);
    await makeRun('elsewhere', 0.7, '0');
    const all = await bucle(['runs', 'ls', '--order-by', 'metrics.auc DESC']);
    expect(all.stdout.split('\n').map((line) => line.split('\t').slice(0, 6))).toEqual([
      ['run', 'name', 'experiment', 'status', 'auc', 'started'],
      [good, 'good', 'flights', 'RUNNING', '0.912346', '2026-01-02 03:04'],
      [expect.any(String), 'elsewhere', 'Default', 'RUNNING', '0.7', '2026-01-02 03:04'],
      [poor, 'poor', 'flights', 'RUNNING', '0.5', '2026-01-02 03:04'],
      [''],
    ]);
    const cut = await bucle(['runs', 'ls', '--experiment', 'flights', '--order-by', 'metrics.auc', '--limit', '1']);
    expect(cut.stdout).toContain(poor);
    expect(cut.stdout.trim().split('\n')).toHaveLength(2);
    expect(cut.stderr).toBe('The first 1; more with --limit.\n');
    const filtered = await bucle(['runs', 'ls', '--filter', 'metrics.auc > 0.9', '--json']);
    expect(JSON.parse(filtered.stdout)).toMatchObject([{ info: { run_id: good } }]);
    expect((await bucle(['runs', 'ls', '--filter', 'metrics.auc > 9'])).stderr).toBe('No run matches the filter.\n');
    expect((await bucle(['runs', 'ls', '--experiment', 'nope'])).code).toBe(5);
    const wrong = await bucle(['runs', 'ls', '--filter', 'metrics.auc >']);
    expect(wrong).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^error: .*auc/) });
    expect((await bucle(['runs', 'ls', '--limit', '0'])).code).toBe(2);
  });

  test('runs show finds a run by the beginning of its id, and shows all that belongs to it', async () => {
    const run = await makeRun('whole', 0.8);
    const model = await logModel(run, 'clf');
    const digest = createHash('sha256').update('x').digest('hex').slice(0, 32);
    const dataset = { name: 'flights', digest, source_type: 'bucle', source: '{}' };
    await post('runs/log-inputs', {
      run_id: run,
      datasets: [{ dataset, tags: [{ key: 'mlflow.data.context', value: 'train' }] }],
    });
    const root = `/api/2.0/mlflow-artifacts/artifacts/${experiment}/${run}/artifacts`;
    await t.client.send('PUT', `${root}/plots/roc.txt`, { body: 'curve' });
    await t.client.send('PUT', `${root}/notes.txt`, { body: 'ab' });
    const { code, stdout, stderr } = await bucle(['runs', 'show', `run:${run.slice(0, 10)}`]);
    expect(code).toBe(0);
    expect(stdout).toContain(`run:${run}  whole\nRUNNING, started 2026-01-02 03:04 by ana, `);
    expect(stdout).toContain('\nparams\nparam\tvalue\ndepth\t6\n');
    expect(stdout).toContain('\nmetrics\nmetric\tvalue\tstep\nauc\t0.8\t3\n');
    expect(stdout).toContain('\ntags\ntag\tvalue\nmlflow.runName\twhole\n');
    expect(stdout).toContain(`\ninputs\ndataset\tdigest\tcontext\nflights\t${digest}\ttrain\n`);
    expect(stdout).toContain(`\nlogged models\nmodel\tname\tstatus\nmodel:${model}\tclf\tREADY\n`);
    expect(stdout).toContain('\nartifacts\nfile\tsize\nnotes.txt\t2 B\nplots/roc.txt\t5 B\n');
    expect(stderr).toBe(`Register it: bucle models register model:${model} --as NAME\n`);
    const json = JSON.parse((await bucle(['runs', 'show', run, '--json'])).stdout);
    expect(json).toMatchObject({
      info: { run_id: run },
      logged_models: [{ info: { model_id: model } }],
      artifacts: [{ path: 'notes.txt' }, { path: 'plots/roc.txt' }],
    });
  });

  test('a beginning that no run has, or several have, is said', async () => {
    expect(await bucle(['runs', 'show', '0'.repeat(32)])).toMatchObject({ code: 5 });
    expect(await bucle(['runs', 'show', 'zzzz'])).toMatchObject({
      code: 5,
      stderr: 'error: No run begins with zzzz.\n  next: List them with `bucle runs ls`.\n',
    });
    expect((await bucle(['runs', 'show', "a' OR"])).code).toBe(2);
    expect((await bucle(['runs', 'show', 'abc'])).code).toBe(2);
  });

  test('a model is registered from its run once, listed, shown, and named by an alias', async () => {
    expect((await bucle(['models', 'ls'])).stderr).toContain('No models yet');
    const run = await makeRun('registered', 0.9);
    const model = await logModel(run, 'clf');
    const register = ['models', 'register', `run:${run.slice(0, 12)}`, '--as', 'flights'];
    const first = await bucle([...register, '--description', 'with weather']);
    expect(first).toEqual({
      code: 0,
      stdout: 'flights/1\n',
      stderr: 'Deploy it: bucle endpoints deploy ENDPOINT flights/1\n',
    });
    expect((await bucle(register)).stdout).toBe('flights/1\n');
    const second = await logModel(await makeRun('again', 0.9), 'clf');
    expect((await bucle(['models', 'register', second, '--as', 'flights'])).stdout).toBe('flights/2\n');
    expect(await bucle(['models', 'alias', 'flights/1', 'champion'])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'flights@champion is flights/1 now.\n',
    });
    expect((await bucle(['models', 'ls'])).stdout).toMatch(/\nflights\tflights\/2\t2\tchampion → 1\t/);
    const shown = (await bucle(['models', 'show', 'flights'])).stdout.split('\n');
    expect(shown.slice(0, 4)).toEqual([
      'flights',
      'aliases: champion → 1',
      '',
      'version\taliases\tmodel\trun\tcreated\tby\tdescription',
    ]);
    expect(shown[4]).toMatch(/^flights\/2\t–\tmodel:m-/);
    expect(shown[5]).toContain(`flights/1\tchampion\tmodel:${model}\trun:${run}\t`);
    expect(shown[5]).toMatch(/\twith weather$/);
    const json = JSON.parse((await bucle(['models', 'show', 'flights', '--json'])).stdout);
    expect(json).toMatchObject({ name: 'flights', versions: [{ number: 2 }, { number: 1 }] });
  });

  test('what cannot be registered or named is refused with the next step', async () => {
    const empty = await makeRun('empty', 0.1);
    const nothing = await bucle(['models', 'register', `run:${empty}`, '--as', 'x']);
    expect(nothing).toMatchObject({ code: 6, stderr: expect.stringContaining('has logged no model') });
    expect((await bucle(['models', 'register', 'model:m-1', '--as', 'x'])).code).toBe(5);
    expect((await bucle(['models', 'register', 'run:abcdef0123', '--as', 'x'])).code).toBe(5);
    expect((await bucle(['models', 'register', 'job:abcdef0123', '--as', 'x'])).code).toBe(5);
    expect((await bucle(['models', 'register', 'run:abcd'])).code).toBe(2);
    expect((await bucle(['models', 'alias', 'flights', 'champion'])).code).toBe(2);
    expect((await bucle(['models', 'alias', 'nope/1', 'champion'])).code).toBe(5);
    expect((await bucle(['models', 'show', 'nope'])).code).toBe(5);
  });

  test('models and versions are searched, tagged, staged, renamed and removed', async () => {
    const experimentRun = await makeRun('registry', 0.9);
    const add = async (name: string) =>
      (await bucle(['models', 'register', await logModel(experimentRun, 'clf'), '--as', name])).stdout.trim();
    expect([await add('zoo-a'), await add('zoo-a'), await add('zoo-b')]).toEqual(['zoo-a/1', 'zoo-a/2', 'zoo-b/1']);
    expect((await bucle(['models', 'tag', 'zoo-a', 'team=ops'])).stderr).toBe('zoo-a: team=ops\n');
    expect((await bucle(['models', 'tag', 'zoo-a/2', 'good=yes', 'old=1'])).code).toBe(0);
    expect((await bucle(['models', 'tag', 'version:zoo-a/2', '--remove', 'old'])).code).toBe(0);
    const found = async (...words: string[]) =>
      JSON.parse((await bucle(['models', ...words, '--json'])).stdout) as { name: string; version?: string }[];
    expect((await found('ls', '--filter', "tags.team = 'ops'")).map(({ name }) => name)).toEqual(['zoo-a']);
    expect(
      (await found('ls', '--filter', "name LIKE 'zoo-%'", '--order-by', 'name DESC')).map(({ name }) => name),
    ).toEqual(['zoo-b', 'zoo-a']);
    expect(await bucle(['models', 'ls', '--filter', "name LIKE 'zoo-%'", '--limit', '1'])).toMatchObject({
      stdout: expect.stringMatching(/\nzoo-a\tzoo-a\/2\t2\t/),
      stderr: 'The first 1; more with --limit.\n',
    });
    expect((await bucle(['models', 'ls', '--filter', "name = 'none'"])).stderr).toBe('No model matches the filter.\n');
    expect((await found('versions', 'zoo-a', '--filter', "tags.good = 'yes'")).map(({ version }) => version)).toEqual([
      '2',
    ]);
    expect(await found('versions', 'zoo-a', '--filter', "tags.old = '1'")).toEqual([]);
    expect((await bucle(['models', 'stage', 'zoo-a/1', 'production'])).stderr).toBe('zoo-a/1 is in Production now.\n');
    await bucle(['models', 'stage', 'zoo-a/2', 'production', '--archive-existing']);
    const versions = (await bucle(['models', 'versions', 'zoo-a', '--order-by', 'version_number ASC'])).stdout.split(
      '\n',
    );
    expect(versions.slice(0, 3).map((line) => line.split('\t').slice(0, 4))).toEqual([
      ['version', 'aliases', 'stage', 'run'],
      ['zoo-a/1', '–', 'Archived', `run:${experimentRun}`],
      ['zoo-a/2', '–', 'Production', `run:${experimentRun}`],
    ]);
    await bucle(['models', 'alias', 'zoo-a/2', 'best']);
    expect((await bucle(['models', 'alias', 'zoo-a', 'best', '--remove'])).stderr).toBe('zoo-a@best is gone.\n');
    expect((await bucle(['models', 'show', 'zoo-a'])).stdout).not.toContain('best');
    expect((await bucle(['models', 'rename', 'zoo-a', 'zoo-c'])).stderr).toBe('zoo-a is zoo-c now.\n');
    expect(await bucle(['models', 'rm', 'zoo-c/1'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--yes'),
    });
    expect((await bucle(['models', 'rm', 'zoo-c/1', '--yes'])).stderr).toContain('Removed zoo-c/1');
    expect((await found('versions', 'zoo-c')).map(({ version }) => version)).toEqual(['2']);
    expect((await bucle(['models', 'delete', 'zoo-c', '--yes'])).code).toBe(0);
    expect(await bucle(['models', 'rm', 'zoo-c', '--yes'])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('next: The models are in'),
    });
    expect((await bucle(['models', 'stage', 'zoo-b/1', 'gold'])).code).toBe(2);
    expect((await bucle(['models', 'versions', 'nope'])).stderr).toContain('No version of nope');
  });
});
