import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from '../../../test/cli.ts';
import { type TestApp, testApp } from '../../../test/test-app.ts';
import { declareDataset } from '../../loop/data/index.ts';
import { dataStage } from '../../loop/data/stage.ts';
import { drift, pushFlights } from '../../loop/retrain/flights.fixture.ts';
import { alert, scriptedPorts, tell } from '../../loop/retrain/scripted-ports.fixture.ts';
import { createRetrainStage } from '../../loop/retrain/stage.ts';

let t: TestApp;
let folder = '';
const ports = scriptedPorts({ verdict: 'keep' });
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bucle-policies-'));
  t = await testApp({ stages: [dataStage, createRetrainStage(ports)] });
});
afterAll(async () => {
  await t[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const bucle = (...words: string[]) => cli([...words, '--url', t.baseUrl], { cwd: folder });

const yaml = `policies:
  weekly:
    endpoint: flights
    job: train
    input: flights
    triggers: [ { drift: data }, { labels: 100000 } ]
    data: { from: captures, dataset: flights, holdout: 14d, minimum_rows: 100 }
    cooldown: 28d
`;

test('a policy is declared from a file, fires, explains itself, and is replayed with another rule', async () => {
  await writeFile(join(folder, 'bucle.yaml'), yaml);
  const declared = await bucle('policies', 'declare', 'bucle.yaml');
  expect(declared).toMatchObject({ code: 0, stderr: 'weekly is version 1: drift: data, labels: 100000\n' });
  expect((await bucle('policies', 'ls')).stdout).toBe(
    'policy\tendpoint\tversion\tstate\ttriggers\tcooldown\nweekly\tflights\t1\ton\tdrift: data, labels: 100000\t28d\n',
  );
  const refused = await bucle('policies', 'fire', 'weekly');
  expect(refused.code).toBe(6);
  expect(refused.stderr).toContain('The policy weekly cannot fire now: no window has matured labels yet');

  await pushFlights(t);
  const columns = { label: 'late', eventTime: 'event_time', key: 'flight', description: null };
  await declareDataset(t.context, { name: 'flights', declaration: columns, actor: 'ana', cause: null });
  await drift(t);
  const firing = async () =>
    (JSON.parse((await bucle('firings', 'ls', '--json')).stdout) as { id: string; state: string }[])[0];
  await expect.poll(async () => (await firing())?.state, { timeout: 60_000 }).toBe('done');
  const id = (await firing())?.id ?? '';
  const shown = await bucle('firings', 'show', id);
  expect(shown.stdout).toContain(
    'firing 1 of weekly: not better. The candidate is not shown to be better: log loss 0.471 against 0.480.',
  );
  expect(shown.stdout).toContain(
    'training   dataset:flights@2 (672 new captured rows)\nholdout    dataset:flights-holdout@1 (336 rows)\n',
  );
  const watched = await bucle('firings', 'watch', id);
  expect(watched.code).toBe(3);

  await tell(t.context, alert('later', 'data_quality', 6));
  const explain = async () => (await bucle('policies', 'explain', 'weekly')).stdout;
  await expect.poll(explain, { timeout: 60_000 }).toContain('fix the pipe first');
  expect(await explain()).toMatch(
    /^2013-04-15: fired: an alarm of data drift of delay stands since 2013-04-15 \(alert:a5\) → firing 1: not better/m,
  );
  expect(await explain()).toContain('cooldown until 2013-05-13 (28 d after firing 1)');

  await writeFile(join(folder, 'eager.yaml'), yaml.replace('labels: 100000', 'labels: 600'));
  const stored = await bucle('policies', 'backtest', 'weekly');
  expect(stored.stdout).toMatch(/^2013-04-15\tfire\t1\tfiring 1: not better\tfired: an alarm of data drift/m);
  const eager = await bucle('policies', 'backtest', 'weekly', 'eager.yaml');
  expect(eager.stdout).toMatch(/^2013-04-01\tfire\t1\t–\tfired: 672 new labelled rows have matured\n/m);
  expect(eager.stderr).toContain('It would not have started firing 1');
});

test('a pause has a reason, and what is no policy is refused with the place of the mistake', async () => {
  expect((await bucle('policies', 'pause', 'weekly')).code).toBe(2);
  expect((await bucle('policies', 'pause', 'weekly', '--reason', 'holidays')).code).toBe(0);
  expect((await bucle('policies', 'show', 'weekly')).stdout).toContain('paused by anonymous: holidays');
  expect((await bucle('policies', 'resume', 'weekly')).code).toBe(0);
  expect((await bucle('policies', 'resume', 'weekly')).stderr).toContain('The policy weekly is not paused.');
  await writeFile(join(folder, 'wrong.yaml'), yaml.replace('drift: data', 'schedule: "* * * * *"'));
  const wrong = await bucle('policies', 'declare', 'wrong.yaml');
  expect(wrong.stderr).toContain('the schedule "* * * * *" comes more often than once an hour');
  expect((await bucle('policies', 'declare', 'none.yaml')).stderr).toContain('cannot be read as a policy');
  expect((await bucle('policies', 'explain', 'none')).code).toBe(5);
});
