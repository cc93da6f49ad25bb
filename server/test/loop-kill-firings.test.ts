import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Context } from '../src/context.ts';
import { commitFiles, declareDataset, toMlflowDataset } from '../src/loop/data/index.ts';
import { insertEndpoint } from '../src/loop/deploy/endpoint.store.ts';
import { openDeclaration } from '../src/loop/deploy/endpoint.ts';
import { declareGate } from '../src/loop/evaluate/declare-gate.ts';
import { declareMonitor } from '../src/loop/monitor/declare-monitor.ts';
import { defaultMonitor } from '../src/loop/monitor/monitor.ts';
import { receiveLabels } from '../src/loop/monitor/receive-labels.ts';
import { DAY, HOUR, MONDAY, numbers } from '../src/loop/monitor/window.fixture.ts';
import { declarePolicy } from '../src/loop/retrain/declare-policy.ts';
import { makeCapture } from '../src/loop/serve/capture/capture.fixture.ts';
import type { Capture } from '../src/loop/serve/capture/capture.ts';
import { handCaptures } from '../src/loop/serve/captures.fixture.ts';
import { declareJobTemplate } from '../src/loop/train/declare-job-template.ts';
import { pushSnapshot } from '../src/loop/train/project.fixture.ts';
import { readEventsAfter } from '../src/platform/events/event.store.ts';
import { courses, type KilledServer, killedOn, killedServer, longKills, repeats } from './killed-server.ts';
import { servingGateway } from './serving-gateway.ts';
import { listening, plantTinyConversion, registerTinyModels } from './tiny-models.ts';

/** Where the server dies between the label that is one too many and the promotion of what was learned from it. */
const POINTS = [
  ...['firing:fired:before', 'delivered:retrain.check:after'],
  ...['firing:freezing:before', 'firing:freezing:after'],
  ...['firing:training_version:before', 'firing:training_version:after'],
  ...['firing:training:before', 'firing:training:after', 'firing:submitted'],
  ...['firing:registering:before', 'firing:registering:after'],
  ...['firing:evaluating:before', 'firing:evaluating:after', 'firing:decision_requested'],
  ...['evaluate:running:before', 'evaluate:running:after', 'evaluate:made:before', 'evaluate:made:after'],
  ...['firing:rolling_out:before', 'firing:rolling_out:after', 'firing:rollout_started'],
  ...['rollout:promoting:before', 'rollout:promoting:after'],
  ...['rollout:promoted:before', 'rollout:promoted:after'],
  ...['firing:done:before', 'firing:done:after'],
];

/** Days with matured labels; a request of the day after ends them. */
const DAYS = 8;
const HELD_OUT = 2;
const ROWS = 60;
const PUSHED = 100;

const because = { actor: 'ana', cause: null };

function makeDays(): Capture[][] {
  const random = numbers(5);
  return Array.from({ length: DAYS + 1 }, (_, day) => {
    const time = MONDAY + day * DAY + HOUR;
    const many = Array.from({ length: day < DAYS ? ROWS : 1 }, (_, row) => `${day}-${row}`);
    const captured = makeCapture({
      ...{ version: 'version:tiny/1', event_time: time, received_at: time + HOUR, keys: many },
      columns: ['distance', 'hour', 'carrier'],
      rows: many.map(() => [200 + 2_000 * random(), Math.floor(24 * random()), random() < 0.5 ? 'UA' : 'AA']),
      outputs: many.map(() => [0.4, 0.6]),
    });
    return [captured];
  });
}

/** All that a project file declares, a first model, and the truth about predictions that are still to be made. */
async function seed(context: Context, days: readonly (readonly Capture[])[]): Promise<void> {
  const version = await pushFlights(context);
  await using server = await listening(context);
  const inputs = [{ dataset: toMlflowDataset(version, null), tags: {} }];
  await registerTinyModels(context, server.baseUrl, { name: 'tiny', all: ['one'], inputs });
  await plantTinyConversion(context, 'two');
  const prediction = { kind: 'probability' as const, column: '1', threshold: 0.5 };
  const endpoint = { name: 'flights', declaration: { ...openDeclaration, prediction }, actor: 'ana' };
  await context.db.transaction((trx) => insertEndpoint(trx, { ...endpoint, now: context.clock.now() }));
  const labels = { maturityMs: 60 * DAY, coverage: 0.5 };
  const watched = { ...defaultMonitor, windowMs: DAY, latenessMs: 0, labels };
  await declareMonitor(context, { endpoint: 'flights', declaration: watched, ...because });
  const gate = { metric: 'log_loss' as const, margin: -1, minimum_rows: 10, max_latency_ratio: null };
  await declareGate(context, { name: 'better', gate, ...because });
  const snapshot = await pushSnapshot(server.client, { 'README.md': 'Trains nothing.\n' });
  const script = fileURLToPath(new URL('./train-tiny-model.ts', import.meta.url));
  const request = { command: [process.execPath, script, 'two'], snapshot, inputs: { flights: 'flights' } };
  await declareJobTemplate(context, { name: 'train', request, ...because });
  await declarePolicy(context, {
    name: 'weekly',
    declaration: {
      ...{ endpoint: 'flights', job: 'train', input: 'flights', gate: 'better', cooldown: '365d' },
      triggers: [{ labels: DAYS * ROWS }],
      data: { from: 'captures', dataset: 'flights', holdout: `${HELD_OUT}d`, minimum_rows: 100 },
      rollout: { steps: [100], min_seconds: 0, min_requests: 0 },
    },
    ...because,
  });
  const truth = days
    .slice(0, DAYS)
    .flatMap((captures) => captures.flatMap(({ id, rows }) => (rows ?? []).map((_, row) => `${id}.${row}`)));
  const lines = truth.map((one, at) => JSON.stringify({ prediction: one, value: at % 3 === 0 ? 1 : 0 }));
  await receiveLabels(context, { endpoint: 'flights', lines, key: null, actor: 'ana', cause: 'request:1' });
}

async function pushFlights(context: Context) {
  const folder = await mkdtemp(join(tmpdir(), 'bucle-flights-'));
  const rows = Array.from({ length: PUSHED }, (_, index) => {
    const time = new Date(MONDAY - (PUSHED - index) * HOUR).toISOString().replace('T', ' ').slice(0, 19);
    return `old-${index},${time},${500 + index}.5,${index % 24},UA,${index % 2}`;
  });
  await writeFile(join(folder, 'a.csv'), `flight,event_time,distance,hour,carrier,late\n${rows.join('\n')}\n`);
  const files = [{ path: 'flights.csv', file: join(folder, 'a.csv') }];
  const version = await commitFiles(context, { name: 'flights', files, message: null, ...because });
  await rm(folder, { recursive: true });
  const declaration = { label: 'late', eventTime: 'event_time', key: 'flight', description: null };
  await declareDataset(context, { name: 'flights', declaration, ...because });
  return version;
}

async function live(server: KilledServer, days: readonly (readonly Capture[])[]): Promise<void> {
  const gateway = handCaptures(server.client);
  let offset = 0;
  for (const captures of days) {
    await server.again(() => gateway.send(offset, captures));
    offset += captures.length;
  }
  await server.until(
    () => server.client.request<{ firings: readonly { state: string }[] }>('GET', '/api/v1/firings'),
    ({ firings }) => firings[0]?.state === 'done',
  );
}

async function checkRows(context: Context): Promise<void> {
  const { read, dialect } = context.db;
  const firings = await read.selectFrom('firings').selectAll().execute();
  expect(firings).toMatchObject([
    {
      ...{ number: 1, state: 'done', outcome: 'promoted', version: 'version:tiny/2', champion: 'version:tiny/1' },
      ...{ training: 'dataset:flights@2', holdout: 'dataset:flights-holdout@1' },
    },
  ]);
  const [firing] = firings;
  const jobs = await read.selectFrom('jobs').select(['id', 'state']).execute();
  expect(jobs).toEqual([{ id: firing?.job, state: 'succeeded' }]);
  const versions = await read.selectFrom('dataset_versions').select(['dataset', 'number']).execute();
  expect(versions.map(({ dataset, number }) => `${dataset}@${number}`).sort()).toEqual([
    ...['flights-holdout@1', 'flights@1', 'flights@2'],
  ]);
  const decisions = await read.selectFrom('decisions').select(['id', 'kind', 'state', 'verdict']).execute();
  expect(decisions.filter(({ kind }) => kind !== 'first')).toEqual([
    { id: firing?.decision, kind: 'evaluation', state: 'made', verdict: 'promote' },
  ]);
  const rollouts = await read.selectFrom('rollouts').select(['id', 'state']).execute();
  expect(rollouts).toEqual([{ id: firing?.rollout, state: 'promoted' }]);
  const deployments = await read.selectFrom('deployments').select('id').orderBy('id').execute();
  expect(deployments.length).toBe(2);
  const stable = deployments.at(-1)?.id ?? '';
  const endpoint = await read.selectFrom('endpoints').selectAll().executeTakeFirstOrThrow();
  expect(endpoint.stable).toBe(stable);
  expect(JSON.parse(endpoint.traffic)).toEqual({ [stable]: 100 });
  const fired = await read.selectFrom('policy_checks').selectAll().where('firing', 'is not', null).execute();
  expect(fired.length).toBe(1);
  const events = await readEventsAfter(read, { after: 0, limit: 1_000, dialect });
  const types = events.map(({ type }) => type);
  const told = events.filter(({ type }) => type.startsWith('firing.'));
  expect(told.map(({ type }) => type)).toEqual(
    ['started', 'freezing', 'training', 'registering', 'evaluating', 'rolling_out', 'done'].map(
      (step) => `firing.${step}`,
    ),
  );
  // Each led to the next.
  expect(told.slice(1).map(({ cause }) => cause)).toEqual(told.slice(0, -1).map(({ id }) => id));
  for (const type of ['job.submitted', 'job.succeeded', 'rollout.started', 'rollout.promoted']) {
    expect([type, types.filter((one) => one === type).length]).toEqual([type, 1]);
  }
  expect(types.filter((type) => type === 'window.closed').length).toBe(DAYS);
  expect(types.filter((type) => type === 'window.matured').length).toBe(DAYS);
  // The first version, and the one that was learned.
  expect(types.filter((type) => type === 'endpoint.promoted').length).toBe(2);
}

longKills.each(killedOn)('a firing on $name', { timeout: 600_000, repeats }, (kind) => {
  test.each(courses(POINTS))(
    'whose server dies at $name comes to one job, one version of each dataset, one decision and one rollout',
    async ({ points }) => {
      const days = makeDays();
      await using server = await killedServer(kind, { points, seed: (context) => seed(context, days) });
      await using _serving = await servingGateway(server);
      await live(server, days);
      await server.died(points.length);
      await using context = await server.leave();
      expect(server.starts()).toBe(points.length + 1);
      await checkRows(context);
    },
  );
});
