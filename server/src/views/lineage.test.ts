import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli } from '../../test/cli.ts';
import { testApp } from '../../test/test-app.ts';
import { dataStage } from '../loop/data/stage.ts';
import { decisionStage, folderSource, makeTiny } from '../loop/deploy/model-source.fixture.ts';
import type { ModelSource } from '../loop/deploy/model-source.ts';
import { createDeployStage } from '../loop/deploy/stage.ts';
import { deploy, handGateway, parityReport, untilState } from '../loop/deploy/test-gateway.fixture.ts';
import { callMlflow, makeLoggedModel, makeRun } from '../loop/registry/logged-model.fixture.ts';
import { registryStage } from '../loop/registry/stage.ts';
import { makeCapture } from '../loop/serve/capture/capture.fixture.ts';
import { handCaptures, refusal } from '../loop/serve/captures.fixture.ts';
import { serveStage } from '../loop/serve/stage.ts';
import { runTracking } from '../loop/track/index.ts';
import { trackStage } from '../loop/track/stage.ts';
import { pushSnapshot, untilOver } from '../loop/train/project.fixture.ts';
import { createTrainStage } from '../loop/train/stage.ts';
import type { Lineage } from './lineage.schema.ts';

/** All stages; the files of a model come from a folder of the test, everything else from the database. */
async function open(background = true) {
  const root = await mkdtemp(join(tmpdir(), 'bucle-lineage-'));
  const served = { name: 'flights', number: 1, modelId: '', run: null as string | null };
  const source: ModelSource = { ...folderSource(root), resolve: async () => served };
  const stages = [
    ...[trackStage, dataStage, createTrainStage(runTracking), decisionStage, registryStage],
    ...[createDeployStage(source), serveStage],
  ];
  const t = await testApp({ stages, background });
  return {
    ...t,
    root,
    served,
    lineage: (ref: string) => t.client.request<Lineage>('GET', `/api/v1/lineage/${encodeURIComponent(ref)}`),
    async [Symbol.asyncDispose]() {
      await t[Symbol.asyncDispose]();
      await rm(root, { recursive: true, force: true });
    },
  };
}

type Opened = Awaited<ReturnType<typeof open>>;

async function pushFlights(t: Opened): Promise<void> {
  const folder = join(t.root, 'data');
  await mkdir(folder);
  await writeFile(join(folder, 'flights.csv'), 'carrier,delay\nUA,3\nAA,\nDL,7\n');
  const pushed = await cli(['data', 'push', 'flights', folder, '--wait', '--url', t.baseUrl]);
  expect(pushed).toMatchObject({ code: 0 });
}

async function trainJob(t: Opened): Promise<{ id: string; run: string }> {
  const snapshot = await pushSnapshot(t.client, { 'train.sh': 'echo training\n' });
  const git = { sha: 'c0ffee'.padEnd(40, '0'), branch: 'main', dirty: true, diff: null };
  const { id } = await t.client.request<{ id: string }>('POST', '/api/v1/jobs', {
    json: {
      command: ['sh', 'train.sh'],
      snapshot,
      name: 'train',
      git,
      inputs: { flights: 'flights@1' },
    },
  });
  const { run, state, reason } = await untilOver(t.client, id);
  expect({ state, reason }).toEqual({ state: 'succeeded', reason: null });
  return { id, run: run ?? '' };
}

async function registerModel(t: Opened, run: string): Promise<string> {
  const { id } = await makeLoggedModel(t, { run, name: 'late' });
  await callMlflow(t, 'POST registered-models/create', { name: 'flights' });
  const fields = { name: 'flights', source: `models:/${id}`, run_id: run, model_id: id };
  expect(await callMlflow(t, 'POST model-versions/create', fields)).toMatchObject({ status: 200 });
  await callMlflow(t, 'POST registered-models/alias', { name: 'flights', alias: 'champion', version: '1' });
  Object.assign(t.served, { modelId: id, run });
  return id;
}

async function deployReady(t: Opened): Promise<string> {
  await makeTiny(t.root, t.served.modelId.slice(2));
  const { id } = await untilState(t.client, await deploy(t.client, 'flights', { version: 'flights/1' }), ['published']);
  const parity = parityReport();
  await handGateway(t.client).report({ id, endpoint: 'flights' }, { state: 'ready', engine: 'python', parity });
  return id;
}

describe('lineage', () => {
  test('a prediction leads back to deployment, version, run, job, code, environment and data', async () => {
    await using t = await open();
    await pushFlights(t);
    const job = await trainJob(t);
    const model = await registerModel(t, job.run);
    const deployment = await deployReady(t);
    const capture = makeCapture({ deployment, received_at: Date.UTC(2026, 10, 24, 5, 6, 7) });
    await handCaptures(t.client).send(0, [capture]);
    const ref = `prediction:${capture.id}.1`;
    const { nodes, edges } = await t.lineage(ref);
    const names = new Map(nodes.map(({ id, kind }) => [id, kind]));
    expect(edges.map(({ from, relation, to }) => `${names.get(from)} ${relation} ${names.get(to)}`)).toEqual([
      'prediction answered by deployment',
      'deployment serves version',
      'version is model',
      'model logged by run',
      'run attempt 1 of job',
      'job ran the code of snapshot',
      'job ran in environment',
      'job read dataset',
    ]);
    expect(nodes.map((node) => node.missing).filter((reason) => reason !== null)).toEqual([]);
    const summary = (kind: string) => nodes.find((node) => node.kind === kind)?.summary;
    expect(summary('prediction')).toBe('0.75 · 2 rows · received 2026-11-24 05:06:07');
    expect(summary('deployment')).toBe(
      'ready · python engine · of endpoint:flights · parity passed: 3 golden rows came out the same.',
    );
    expect(summary('version')).toMatch(/^@champion · registered .* by anonymous$/);
    expect(summary('model')).toBe('late');
    expect(summary('run')).toMatch(/^train · finished · \d+ params$/);
    expect(summary('job')).toBe('train · attempt 1 succeeded · sh train.sh · by anonymous');
    expect(summary('snapshot')).toBe('1 file · git c0ffee000000 on main with uncommitted changes');
    expect(summary('environment')).toMatch(/^Python 3\.\d+\.\d+ · .*packages? · no lock · /);
    expect(summary('dataset')).toMatch(/^3 rows · digest [0-9a-f]{12} · pushed .* by anonymous$/);
    for (const start of [
      `endpoint:flights`,
      `model:${model}`,
      `run:${job.run}`,
      `job:${job.id}`,
      'version:flights/1',
    ]) {
      const found = await t.lineage(start);
      expect(found.nodes[0]).toMatchObject({ ref: start, missing: null });
      expect(found.nodes.at(-1)).toMatchObject({ ref: 'dataset:flights@1', missing: null });
    }
    const shown = await cli(['lineage', ref, '--url', t.baseUrl]);
    expect(shown.code).toBe(0);
    const lines = shown.stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.replace(/(?<=\S) {2}.*$/, ''))).toEqual([
      ref,
      `  └ answered by deployment:${deployment}`,
      '     └ serves version:flights/1',
      `        └ is model:${model}`,
      `           └ logged by run:${job.run}`,
      `              └ attempt 1 of job:${job.id}`,
      `                 └ ran the code of ${nodes.find(({ kind }) => kind === 'snapshot')?.ref}`,
      `                 └ ran in ${nodes.find(({ kind }) => kind === 'environment')?.ref}`,
      '                 └ read dataset:flights@1',
    ]);
    expect(JSON.parse((await cli(['lineage', ref, '--json', '--url', t.baseUrl])).stdout)).toEqual({
      ref,
      nodes,
      edges,
    });
  });

  test('what is missing on the way is a node that says why', async () => {
    await using t = await open(false);
    const run = await makeRun(t);
    const dataset = { name: 'iris', digest: 'abc', source_type: 'local', source: '{}' };
    await callMlflow(t, 'POST runs/log-inputs', { run_id: run, datasets: [{ tags: [], dataset }] });
    const { nodes } = await t.lineage(`run:${run}`);
    expect(nodes.map(({ kind, ref, summary, missing }) => [kind, ref, summary, missing])).toEqual([
      ['run', `run:${run}`, 'test · running · 0 params', null],
      ['job', null, '', 'The run was logged outside any job: nobody recorded its code and its environment.'],
      ['dataset', null, 'iris · digest abc', 'It is no dataset version of this server: only its digest is known.'],
    ]);
    const capture = makeCapture({ deployment: 'd-9' });
    await handCaptures(t.client).send(0, [capture]);
    expect((await t.lineage(`prediction:${capture.id}`)).nodes).toMatchObject([
      { kind: 'prediction', missing: null },
      { kind: 'deployment', ref: 'deployment:d-9', missing: 'There is no deployment d-9.' },
    ]);
    await t.client.request('POST', '/api/v1/endpoints', { json: { name: 'idle' } });
    expect((await t.lineage('endpoint:idle')).nodes).toMatchObject([
      { summary: '0 deployments with traffic' },
      { kind: 'deployment', ref: null, missing: 'No deployment of this endpoint has traffic.' },
    ]);
  });

  test('a deployment whose version was deleted still leads to its model', async () => {
    await using t = await open();
    const run = await makeRun(t);
    const model = await registerModel(t, run);
    const deployment = await deployReady(t);
    await callMlflow(t, 'DELETE model-versions/delete', { name: 'flights', version: '1' });
    const { edges } = await t.lineage(`deployment:${deployment}`);
    expect(edges.map(({ to }) => to).slice(0, 2)).toEqual(['version:flights/1', `model:${model}`]);
    const shown = await cli(['lineage', `deployment:${deployment}`, '--url', t.baseUrl]);
    expect(shown.stdout).toMatch(/└ serves version:flights\/1 {2}missing: .*\n {2}└ serves model:m-/);
  });

  test('what does not exist, or has no lineage, is refused', async () => {
    await using t = await open(false);
    expect(await refusal(t.lineage('run:7'))).toMatchObject({ status: 404, message: 'There is no run 7.' });
    expect(await refusal(t.lineage('dataset:none@1'))).toMatchObject({ status: 404 });
    const odd = await refusal(t.lineage('constructor:x'));
    expect(odd).toMatchObject({ status: 400, message: expect.stringContaining('name one of prediction:ID.k') });
    expect((await cli(['lineage', 'flights', '--url', t.baseUrl])).code).toBe(1);
    expect((await cli(['lineage', '--url', t.baseUrl])).code).toBe(2);
  });
});
