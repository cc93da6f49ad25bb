import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { beforeEach, describe, expect, test } from 'vitest';
import { type CliResult, cli } from '../../test/cli.ts';
import { databases } from '../../test/databases.ts';
import { type TestApp, testApp } from '../../test/test-app.ts';
import { updateTraffic } from '../loop/deploy/endpoint.store.ts';
import { killRig } from '../loop/train/kill-rig.fixture.ts';
import { pushSnapshot } from '../loop/train/project.fixture.ts';
import { readEventsOf } from '../platform/events/event.store.ts';
import type { Json } from './kind.ts';

const file = `project: flights
datasets:
  flights: { label: late, event_time: event_time, key: flight_key }
jobs:
  train:
    command: [python, train.py]
    inputs: { flights: flights }
    experiment: flights
gates:
  better: { metric: log_loss, minimum_rows: 1000, slices: [origin] }
endpoints:
  flights:
    model: flights
    prediction: { kind: probability, column: "1", threshold: 0.3 }
    event_time: { header: bucle-event-time }
    key: flight_key
monitors:
  flights:
    window: 7d
    reference: flights
    quality: { metric: log_loss, tolerance: 0.02 }
policies:
  flights:
    endpoint: flights
    job: train
    input: flights
    triggers: [ { drift: data }, { quality: drop }, { schedule: "0 3 * * 1" }, { labels: 5000 } ]
    data: { from: captures, dataset: flights, window: 56d, holdout: 28d }
    cooldown: 28d
    gate: better
    rollout: { steps: [10, 50, 100], min_seconds: 60, min_requests: 200 }
`;

const small = 'project: small\ndatasets:\n  small: { label: late }\n';

const golden = `  + dataset/flights
      label: late
      event_time: event_time
      key: flight_key
  + job/train
      command: [python, train.py]
      inputs.flights: flights
      experiment: flights
      retries: 0
  + gate/better
      metric: log_loss
      margin: 0
      minimum_rows: 1000
      slices: [origin]
      slice_margin: 0
      slice_minimum_rows: 100
      guards: []
  + endpoint/flights
      prediction.kind: probability
      prediction.column: "1"
      prediction.threshold: 0.3
      event_time.header: bucle-event-time
      key: flight_key
      # no version answers there yet: bucle endpoints deploy flights MODEL/VERSION
  + monitor/flights
      window: 7d
      lateness: 1d
      reference: flights
      minimum_rows: 100
      floor: 0.05
      budget.false_alarms_per_year: 1
      labels.mature_after: 7d
      labels.coverage: 0.5
      quality.metric: log_loss
      quality.tolerance: 0.02
  + policy/flights
      endpoint: flights
      model: flights
      job: train
      input: flights
      triggers: [{ drift: data }, { quality: drop }, { schedule: "0 3 * * 1" }, { labels: 5000 }]
      data.from: captures
      data.dataset: flights
      data.window: 56d
      data.holdout: 28d
      data.minimum_rows: 500
      cooldown: 28d
      budget.firings_per_year: 12
      budget.rejections_in_a_row: 3
      gate: better
      rollout.steps: [10, 50, 100]
      rollout.min_seconds: 60
      rollout.min_requests: 200
      # its schedule comes next at 2013-03-04 03:00 UTC of event time
      # a better version gets 10 %, 50 %, 100 % of the traffic
Plan ID of flights: 6 to create, 0 to change, 0 to remove.
`;

describe.each(databases)('a project on $name', (kind) => {
  let server: TestApp;
  let folder: string;
  const now = Date.UTC(2013, 2, 1);

  beforeEach(async () => {
    server = await testApp({ database: kind, background: false, clock: { now: () => now } });
    folder = await mkdtemp(join(tmpdir(), 'bucle-project-'));
    await writeFile(join(folder, 'train.py'), 'print(1)\n');
    return async () => {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    };
  });

  const run = (words: string) => cli(words.split(' '), { cwd: folder, env: { BUCLE_URL: server.baseUrl } });
  const write = (text: string, name = 'bucle.yaml') => writeFile(join(folder, name), text);
  const edit = (from: string, to: string) => {
    if (!file.includes(from)) throw new Error(`The file has no ${from}`);
    return write(file.replace(from, to));
  };
  const planId = ({ stdout }: CliResult) => /^Plan (\w+)/m.exec(stdout)?.[1] ?? '';
  const apply = async () => {
    const result = await run('apply');
    expect(result).toMatchObject({ code: 0 });
    return result;
  };
  const events = (subject: string) => readEventsOf(server.context.db.read, subject, 100);

  test('is planned, applied once, and then there is nothing to do', async () => {
    await write(file);
    const planned = await run('plan --exit-code');
    expect(planned.stdout.replace(planId(planned), 'ID')).toBe(golden);
    expect(planned.code).toBe(2);
    const applied = await run(`apply --plan ${planId(planned)}`);
    expect(applied).toMatchObject({ code: 0, stdout: planned.stdout });
    expect(applied.stderr).toContain('Applied: 6 changes.');
    expect(await run('plan --exit-code')).toMatchObject({
      code: 0,
      stdout: 'Nothing to do: what is live is what the project flights says.\n',
    });
    const before = await events('project:flights');
    expect(before.map(({ type }) => type)).toEqual(['project.applying', 'project.applied']);
    expect((await events('monitor:flights')).map(({ type, cause }) => [type, cause])).toEqual([
      ['monitor.declared', before[0]?.id],
    ]);
    expect((await apply()).stderr).toContain('Nothing was changed.');
    expect(await events('project:flights')).toEqual(before);
  });

  test('what is exported, applied again, changes nothing', async () => {
    await write(file);
    await apply();
    for (const words of ['export', 'export --project flights']) {
      const { stdout } = await run(words);
      expect(stdout).toMatch(/^# yaml-language-server: \$schema=http:.*\/schemas\/bucle\.json\n/);
      await write(stdout);
      expect(await run('plan --exit-code')).toMatchObject({ code: 0 });
    }
    expect(await run('export --project others')).toMatchObject({ code: 5, stdout: '' });
  });

  test('a plan shows old and new of what changes, and what it means', async () => {
    await write(file);
    await apply();
    await edit('window: 7d', 'window: 14d');
    expect((await run('plan')).stdout).toMatch(
      /^ {2}~ monitor\/flights\n {6}window: 7d -> 14d\n {6}# its windows are counted anew.*\nPlan \w+ of flights: 0 to create, 1 to change, 0 to remove\.\n$/,
    );
    await apply();
    expect(await run('plan --exit-code')).toMatchObject({ code: 0 });
  });

  test('the code of a job is the folder of the file, without the file itself', async () => {
    await write(file);
    await apply();
    await edit('threshold: 0.3', 'threshold: 0.4');
    expect((await run('plan')).stdout).not.toContain('job/train');
    await writeFile(join(folder, 'train.py'), 'print(2)\n');
    expect((await run('plan')).stdout).toContain('  ~ job/train\n      # code changed: 1 file (train.py)\n');
    await apply();
    expect((await run('jobs templates')).stdout).toMatch(/train\tpython train\.py\tflights=flights\t\w{12}\t2\t/);
  });

  test('a job is run by its name, with the code that was applied', async () => {
    await write('project: p\njobs:\n  hello: { command: [python, train.py], time_limit: 1h }\n');
    await apply();
    const { stdout, code } = await run('jobs run --template hello --detach --json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'hello',
      command: ['python', 'train.py'],
      time_limit_seconds: 3600,
    });
    expect(await run('jobs run --template nobody --detach')).toMatchObject({ code: 5 });
    expect(await run('jobs run --template hello --retries 3')).toMatchObject({ code: 2 });
    expect(await run('jobs run --template hello --input a=b')).toMatchObject({ code: 1 });
  });

  test('what others changed is shown with who and when, and apply sets it back', async () => {
    await write(file);
    await apply();
    await server.client.request('PUT', '/api/v1/datasets/flights/declaration', { json: { label: 'delayed' } });
    await server.client.request('DELETE', '/api/v1/gates/better');
    const { stdout } = await run('plan');
    expect(stdout).toMatch(/ {2}~ dataset\/flights\n {6}label: delayed -> late\n/);
    expect(stdout).toMatch(
      / {2}! dataset\/flights was changed since the last apply by \S+, 2013-03-01 .*\n {6}label: late -> delayed\n/,
    );
    expect(stdout).toMatch(/ {2}! gate\/better was removed since the last apply by \S+/);
    expect(stdout).toContain('1 to create, 1 to change, 0 to remove, 2 drifted.');
    await apply();
    expect(await run('plan --exit-code')).toMatchObject({ code: 0 });
  });

  test('only what an apply of this project made is taken away', async () => {
    await server.client.request('PUT', '/api/v1/datasets/small/declaration', { json: { label: 'late' } });
    await write(`${small}  other: {}\ngates:\n  mine: { metric: auc }\n`);
    await apply();
    await write('project: small\ndatasets: {}\n');
    const { stdout } = await run('plan');
    expect(stdout).toMatch(
      /^ {2}- gate\/mine\n( {2}- dataset\/other\n {2}\. dataset\/small\n| {2}\. dataset\/small\n.*\n {2}- dataset\/other\n)/,
    );
    await apply();
    expect(await run('plan --exit-code')).toMatchObject({ code: 0 });
    const left = await server.client.request('GET', '/api/v1/datasets/small/declaration');
    expect(left).toMatchObject({ label: 'late' });
    await expect(server.client.request('GET', '/api/v1/datasets/other/declaration')).rejects.toMatchObject({
      code: 'DATA_NOT_DECLARED',
    });
  });

  test('what belongs to another project is left alone', async () => {
    await write(small);
    await apply();
    await write(small.replace('project: small', 'project: big').replace('late', 'early'));
    expect(await run('plan --exit-code')).toMatchObject({ code: 3 });
    const { code, stderr } = await run('apply');
    expect(code).toBe(6);
    expect(stderr).toContain('dataset/small belongs to the project small');
    expect((await run('export --project small')).stdout).toContain('label: late');
  });

  test('an endpoint with traffic is taken away only when the loss is allowed', async () => {
    await write(file);
    await apply();
    const traffic = { traffic: { d1: 100 }, stable: 'd1', decidedAt: now };
    await server.context.db.transaction((trx) => updateTraffic(trx, 'flights', traffic));
    await write('project: flights\n');
    const planned = await run('plan --exit-code');
    expect(planned).toMatchObject({ code: 3 });
    expect(planned.stdout).toContain('REFUSED: the endpoint flights has traffic (d1 100 %)');
    const refused = await run('apply');
    expect(refused.code).toBe(6);
    expect(refused.stderr).toContain('--allow-traffic-loss');
    expect(await server.client.request('GET', '/api/v1/endpoints/flights')).toMatchObject({ name: 'flights' });
    expect(await run('apply --allow-traffic-loss')).toMatchObject({ code: 0 });
    expect((await run('export')).stdout).not.toContain('flights:');
    expect(await run('plan --exit-code')).toMatchObject({ code: 0 });
  });

  test('a plan that is no longer true is not applied', async () => {
    await write(small);
    const id = planId(await run('plan'));
    await server.client.request('PUT', '/api/v1/datasets/small/declaration', { json: { label: 'other' } });
    expect(await run(`apply --plan ${id}`)).toMatchObject({ code: 6 });
    expect(await server.client.request('GET', '/api/v1/datasets/small/declaration')).toMatchObject({ label: 'other' });
  });

  test('an apply that fails on the way says what was done, and the next one goes on', async () => {
    const broken = `${small}jobs:\n  train: { command: [python], requirements: nowhere.txt }\n`;
    await write(broken);
    const { code, stderr } = await run('apply');
    expect(code).toBe(6);
    expect(stderr).toContain('1 of 2 changes were made (create dataset/small); then job/train failed: ');
    await write(broken.replace(', requirements: nowhere.txt', ''));
    expect((await apply()).stdout).toContain('1 to create, 0 to change');
    await write('project: small\n');
    expect((await apply()).stdout).toContain('0 to create, 0 to change, 2 to remove');
  });

  test('a wrong file changes nothing, and names every place', async () => {
    await write(file.replace('label: late', 'labl: late').replace('window: 7d', 'window: 7 days'));
    const lines = [
      'bucle.yaml:3:14: flights has no key "labl"; expected label, event_time, key or description; did you mean "label"?',
      'bucle.yaml:19:13: window is the text "7 days"; expected a duration such as 7d, 12h 30m or 45s; write 7d',
    ];
    expect(await run('validate')).toMatchObject({ code: 1, stdout: `${lines.join('\n')}\n` });
    for (const words of ['plan', 'apply']) {
      const { code, stderr } = await run(words);
      expect(code).toBe(1);
      expect(stderr).toContain(lines.join('\n'));
    }
    expect(await server.client.request('GET', '/api/v1/job-templates')).toEqual({ templates: [] });
    await write(file);
    expect(await run('validate')).toMatchObject({ code: 0, stdout: '' });
    await rm(join(folder, 'bucle.yaml'));
    expect(await run('plan')).toMatchObject({ code: 5 });
  });

  test('a job without code is refused over HTTP', async () => {
    const json = { text: 'project: p\njobs: { train: { command: [python] } }\n' };
    await expect(server.client.request('POST', '/api/v1/project/apply', { json })).rejects.toMatchObject({
      code: 'PROJECT_NO_CODE',
    });
  });

  test('editors get the schema that the server checks with', async () => {
    const schema = await server.client.request<Record<string, Json>>('GET', '/schemas/bucle.json');
    const { $schema: _draft, ...rest } = schema;
    const validate = new Ajv({ strict: false }).compile(rest);
    expect(validate({ project: 'p', gates: { g: { metric: 'auc' } } })).toBe(true);
    expect(validate({ project: 'p', gates: { g: { metric: 'acu' } } })).toBe(false);
  });
});

describe.each(databases)('a project whose server dies on $name', (kind) => {
  test.each(['project:apply:intent', 'project:apply:object'])(
    'at %s is whole after another apply, and nothing is made twice',
    async (point) => {
      await using rig = await killRig(kind, { point, act: 'SIGKILL' });
      const text = `${small}gates:\n  better: { metric: auc }\njobs:\n  train: { command: [python, a.py] }\n`;
      const snapshot = await again(() => pushSnapshot(rig.client, { 'a.py': { content: '1' } }));
      const post = (body: string) =>
        rig.client.request<{ done: string[] }>('POST', '/api/v1/project/apply', {
          json: { text: body, code: { snapshot } },
        });
      await expect(post(text)).rejects.toThrow();
      expect(await rig.fired()).toBe(true);
      const { done } = await again(() => post(text));
      expect(done).toEqual([
        ...(point.endsWith('intent') ? ['create dataset/small'] : []),
        ...['create job/train', 'create gate/better'],
      ]);
      expect(await post(text)).toMatchObject({ done: [] });
      // What was made just before the death is ours, so it is taken away again.
      expect((await post('project: small\n')).done).toEqual([
        ...['remove gate/better', 'remove job/train', 'remove dataset/small'],
      ]);
    },
  );
});

/** Until the server is there again. */
async function again<T>(ask: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + 30_000; ; ) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > until || (error as { status?: number }).status !== 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
