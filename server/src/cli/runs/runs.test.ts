import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliOptions, cli } from '../../../test/cli.ts';
import { type TestApp, testApp } from '../../../test/test-app.ts';

const MLFLOW = '/api/2.0/mlflow';

describe('experiments, and runs over them, on the command line', () => {
  let t: TestApp;
  beforeAll(async () => {
    t = await testApp({ background: false });
  });
  afterAll(() => t[Symbol.asyncDispose]());

  const bucle = (words: readonly string[], options: CliOptions = {}) => cli([...words, '--url', t.baseUrl], options);
  const json = async (words: readonly string[]) => JSON.parse((await bucle([...words, '--json'])).stdout);
  const lines = async (words: readonly string[]) =>
    (await bucle(words)).stdout.split('\n').map((line) => line.split('\t'));
  const post = <T>(path: string, body: unknown) => t.client.request<T>('POST', `${MLFLOW}/${path}`, { json: body });
  const makeExperiment = async (name: string) => (await bucle(['experiments', 'create', name])).stdout.trim();
  const makeRun = async (experiment_id: string, name: string, logged: object = {}) => {
    const { run } = await post<{ run: { info: { run_id: string } } }>('runs/create', {
      ...{ experiment_id, run_name: name, start_time: Date.UTC(2026, 0, 2, 3, 4), user_id: 'ana' },
    });
    const { run_id } = run.info;
    await post('runs/log-batch', { run_id, ...logged });
    return run_id;
  };
  const metric = (key: string, value: number | string, step = 0) => ({ key, value, step, timestamp: 1_000 + step });

  test('an experiment is made, shown, renamed, tagged, deleted with its runs and restored', async () => {
    const made = await bucle(['experiments', 'create', 'flights', '--tag', 'team=ops=1']);
    expect(made).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\n$/), stderr: '' });
    const id = made.stdout.trim();
    expect(await bucle(['experiments', 'create', 'flights'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/already exists.*\n {2}next: .*experiments ls --view all/),
    });
    const run = await makeRun(id, 'first');
    expect((await bucle(['experiments', 'rename', 'flights', 'delays'])).stderr).toBe(
      `experiment:${id} is delays now.\n`,
    );
    await bucle(['experiments', 'tag', id, 'owner=ana', '--remove', 'team']);
    const shown = await bucle(['experiments', 'show', 'delays']);
    expect(shown.stdout).toMatch(
      new RegExp(
        `^experiment:${id}  delays\nactive, created .*\nartifacts: mlflow-artifacts:/${id}\nlatest run: run:${run}  first\n\ntag\tvalue\nowner\tana\n$`,
      ),
    );
    expect(shown.stderr).toBe(`Its runs: bucle runs ls --experiment ${id}\n`);
    expect(await json(['experiments', 'show', `experiment:${id}`])).toMatchObject({
      experiment_id: id,
      name: 'delays',
    });
    expect((await bucle(['experiments', 'delete', 'delays'])).stderr).toBe(
      `Deleted delays with its runs. Bring back: bucle experiments restore ${id}\n`,
    );
    expect((await lines(['experiments', 'ls', '--view', 'deleted'])).slice(0, 2)).toEqual([
      ['id', 'name', 'stage', 'created', 'changed'],
      [id, 'delays', 'deleted', expect.any(String), expect.any(String)],
    ]);
    expect((await lines(['runs', 'ls', '--view', 'deleted']))[1]).toEqual(expect.arrayContaining([run, 'delays']));
    expect((await bucle(['experiments', 'rm', 'delays'])).code).not.toBe(0);
    await bucle(['experiments', 'restore', 'delays']);
    expect((await lines(['runs', 'ls', '--experiment', 'delays']))[1]?.[0]).toBe(run);
    expect((await bucle(['experiments', 'show', 'nope'])).stderr).toContain('  next: The experiments are in');
  });

  test('experiments are filtered by the grammar of the API and cut by a limit', async () => {
    for (const name of ['grid-a', 'grid-b', 'grid-c']) await makeExperiment(name);
    const names = async (...words: string[]) =>
      (await lines(['experiments', 'ls', '--filter', "name LIKE 'grid-%'", ...words]))
        .slice(1, -1)
        .map((row) => row[1]);
    expect(await names('--order-by', 'name ASC')).toEqual(['grid-a', 'grid-b', 'grid-c']);
    expect(await names('--order-by', 'name DESC', '--limit', '2')).toEqual(['grid-c', 'grid-b']);
    const csv = (await bucle(['experiments', 'ls', '--filter', "name = 'grid-a'", '--csv'])).stdout;
    expect(csv).toMatch(/^id,name,stage,created,changed\r\n\d+,grid-a,active,/);
    expect((await bucle(['experiments', 'ls', '--filter', "name = 'x'"])).stderr).toBe(
      'No experiment matches the filter.\n',
    );
    expect(await bucle(['experiments', 'ls', '--filter', 'name ='])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('next: Write --filter as in'),
    });
    expect((await bucle(['experiments', 'ls', '--view', 'gone'])).code).toBe(2);
  });

  test('runs ls shows the columns that were asked for, as a table and as CSV, of an experiment by its id', async () => {
    const experiment = await makeExperiment('columns');
    const run = await makeRun(experiment, 'a, "b"', {
      metrics: [metric('val/auc', 0.987654321), metric('loss', 'NaN')],
      params: [{ key: 'lr x', value: '0.1' }],
      tags: [{ key: 'team', value: 'ops' }],
    });
    const words = ['runs', 'ls', '--experiment', experiment, '--columns', 'metrics.val/auc, params."lr x"'];
    expect(await lines([...words, '--columns', 'tags.team,user_id,metrics.loss,metrics.none'])).toEqual([
      ['run', 'name', 'experiment', 'status', 'val/auc', 'lr x', 'team', 'user_id', 'loss', 'none', 'started', 'took'],
      [
        run,
        'a, "b"',
        'columns',
        'RUNNING',
        '0.987654',
        '0.1',
        'ops',
        'ana',
        'NaN',
        '–',
        '2026-01-02 03:04',
        expect.any(String),
      ],
      [''],
    ]);
    expect((await bucle([...words, '--csv'], { isTTY: true })).stdout).toMatch(
      new RegExp(
        `^run,name,experiment,status,val/auc,lr x,started,took\r\n${run},"a, ""b""",columns,RUNNING,0.987654,0.1,`,
      ),
    );
    expect(await bucle(['runs', 'ls', '--columns', 'nothing'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('write metrics.KEY, params.KEY'),
    });
    expect((await bucle(['runs', 'ls', '--all', '--limit', '3'])).code).toBe(2);
  });

  test('runs ls shows 20 runs, or as many as there are with --all', async () => {
    const experiment = await makeExperiment('many');
    for (let i = 0; i < 21; i += 1) await post('runs/create', { experiment_id: experiment, run_name: `r${i}` });
    const words = ['runs', 'ls', '--experiment', 'many'];
    expect((await bucle(words)).stderr).toBe('The first 20; more with --limit.\n');
    expect(await bucle([...words, '--all'])).toMatchObject({ stdout: expect.stringContaining('r0\t'), stderr: '' });
    expect(await json([...words, '--all'])).toHaveLength(21);
  });

  test('runs compare shows only what differs, and with --all also what is equal', async () => {
    const experiment = await makeExperiment('compare');
    const [a, b, c] = [
      await makeRun(experiment, 'base', {
        metrics: [metric('auc', 0.9), metric('same', 1), metric('only_a', 3)],
        params: [
          { key: 'lr', value: '0.1' },
          { key: 'depth', value: '6' },
        ],
      }),
      await makeRun(experiment, 'tuned', {
        metrics: [metric('auc', 0.912), metric('same', 1)],
        params: [
          { key: 'lr', value: '0.2' },
          { key: 'depth', value: '6' },
        ],
        tags: [{ key: 'team', value: 'ops' }],
      }),
      await makeRun(experiment, 'tuned', { params: [{ key: 'depth', value: '6' }] }),
    ];
    const two = await bucle(['runs', 'compare', a, `run:${b.slice(0, 12)}`]);
    const [, ...sections] = two.stdout.split('\n\n');
    expect(sections).toEqual([
      'param\tbase\ttuned\nlr\t0.1\t0.2',
      'metric\tbase\ttuned\tchange\nauc\t0.9\t0.912\t0.012\nonly_a\t3\t–\t–',
      'tag\tbase\ttuned\nteam\t–\tops\n',
    ]);
    const three = (await bucle(['runs', 'compare', a, b, c, '--all'])).stdout;
    expect(three).toContain(
      `\nparam\t${a.slice(0, 8)}\t${b.slice(0, 8)}\t${c.slice(0, 8)}\ndepth\t6\t6\t6\nlr\t0.1\t0.2\t–\n`,
    );
    expect(three).toContain('\nsame\t1\t1\t–\n');
    expect(await json(['runs', 'compare', a, b])).toMatchObject({
      runs: [{ run_id: a }, { run_id: b }],
      params: [{ key: 'lr', values: ['0.1', '0.2'], differs: true }],
      metrics: [
        { key: 'auc', values: [0.9, 0.912] },
        { key: 'only_a', values: [3, null] },
      ],
      tags: [{ key: 'team', values: [null, 'ops'] }],
    });
    const alike = await makeRun(experiment, 'twin', { params: [{ key: 'depth', value: '6' }] });
    expect((await bucle(['runs', 'compare', c, alike])).stderr).toContain('They do not differ');
    expect((await bucle(['runs', 'compare', a])).code).toBe(2);
    expect((await bucle(['runs', 'compare', a, a.slice(0, 20)])).stderr).toContain('is named twice');
  });

  test('a run is tagged, renamed, deleted, still found, and restored', async () => {
    const run = await makeRun('0', 'draft', { tags: [{ key: 'old', value: 'x' }] });
    expect((await bucle(['runs', 'tag', run, 'stage=final', 'note=a=b', '--remove', 'old'])).stderr).toBe(
      `run:${run}: stage=final, note=a=b, -old\n`,
    );
    expect((await bucle(['runs', 'rename', run, 'good one'])).code).toBe(0);
    const shown = await json(['runs', 'show', run]);
    expect(shown.info.run_name).toBe('good one');
    expect(shown.data.tags).toEqual(
      expect.arrayContaining([
        { key: 'stage', value: 'final' },
        { key: 'note', value: 'a=b' },
      ]),
    );
    expect(JSON.stringify(shown.data.tags)).not.toContain('"old"');
    expect(await bucle(['runs', 'tag', run, '--remove', 'old'])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('next: '),
    });
    expect((await bucle(['runs', 'tag', run, 'nothing'])).code).toBe(2);
    expect((await bucle(['runs', 'rm', run, 'ffffffff'])).code).toBe(5);
    expect((await json(['runs', 'show', run])).info.lifecycle_stage).toBe('active');
    expect((await bucle(['runs', 'rm', run])).stderr).toBe(`Deleted 1 run. Bring back: bucle runs restore ${run}\n`);
    expect((await bucle(['runs', 'show', run.slice(0, 12)])).stdout).toContain('\nDELETED, RUNNING');
    expect((await bucle(['runs', 'ls', '--experiment', 'Default'])).stdout).not.toContain(run);
    expect((await bucle(['runs', 'ls', '--view', 'deleted'])).stdout).toContain(run);
    expect(await json(['runs', 'restore', run.slice(0, 12)])).toEqual([{ run_id: run, lifecycle_stage: 'active' }]);
    expect((await bucle(['runs', 'ls', '--experiment', 'Default'])).stdout).toContain(run);
  });

  test('runs metrics lists the metrics, writes all points of one, and draws its course', async () => {
    const steps = Array.from({ length: 300 }, (_, i) => metric('val/loss', 300 - i, i));
    const run = await makeRun('0', 'curve', { metrics: [...steps, metric('nan', 'NaN'), metric('flat', 2)] });
    expect((await lines(['runs', 'metrics', run])).slice(0, -1)).toEqual([
      ['metric', 'points', 'latest', 'step', 'least', 'at', 'greatest', 'at'],
      ['flat', '1', '2', '0', '2', '0', '2', '0'],
      ['nan', '1', 'NaN', '0', 'NaN', '–', 'NaN', '–'],
      ['val/loss', '300', '1', '299', '1', '299', '300', '0'],
    ]);
    const points = await lines(['runs', 'metrics', run, 'val/loss']);
    expect(points).toHaveLength(302);
    expect(points.slice(0, 2)).toEqual([
      ['step', 'time', 'value'],
      ['0', '1970-01-01T00:00:01.000Z', '300'],
    ]);
    expect((await bucle(['runs', 'metrics', run, 'val/loss', '--csv', '--limit', '1'], { isTTY: true })).stdout).toBe(
      'step,time,value\r\n0,1970-01-01T00:00:01.000Z,300\r\n',
    );
    const seen = await bucle(['runs', 'metrics', run, 'val/loss'], { isTTY: true });
    expect(seen.stdout.trimEnd().split('\n')).toHaveLength(101);
    expect(seen.stderr).toContain('The first 100 points; more with --limit');
    expect(await json(['runs', 'metrics', run, 'nan'])).toEqual([{ step: 0, timestamp: 1_000, value: 'NaN' }]);
    expect((await bucle(['runs', 'metrics', run, 'val/loss', '--chart'], { isTTY: true, columns: 10 })).stdout).toBe(
      'val/loss: 300 points, step 0 to 299\n██▇▆▅▄▃▂▁▁\nfirst 300, latest 1, least 1, greatest 300\n',
    );
    expect((await bucle(['runs', 'metrics', run, 'flat', '--chart'])).stdout).toContain('\n▅\n');
    for (const more of [[], ['--json'], ['--chart']]) {
      expect(await bucle(['runs', 'metrics', run, 'nope', ...more])).toMatchObject({
        code: 5,
        stdout: '',
        stderr: expect.stringContaining('nope'),
      });
    }
  });
});
