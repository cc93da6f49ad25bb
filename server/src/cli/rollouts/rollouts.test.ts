import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliOptions, cli } from '../../../test/cli.ts';
import { type TestApp, testApp } from '../../../test/test-app.ts';
import { decisionStage, folderSource, makeTiny } from '../../loop/deploy/model-source.fixture.ts';
import { createDeployStage } from '../../loop/deploy/stage.ts';
import {
  type DeploymentView,
  deploy,
  type EndpointView,
  handGateway,
  parityReport,
  untilState,
} from '../../loop/deploy/test-gateway.fixture.ts';

const ready = { state: 'ready', engine: 'python', parity: parityReport() } as const;

describe('rollouts on the command line', () => {
  let root = '';
  let t: TestApp;
  let gateway: ReturnType<typeof handGateway>;
  let deployments: DeploymentView[] = [];
  const bucle = (words: readonly string[], options: CliOptions = {}) => cli([...words, '--url', t.baseUrl], options);
  const rollouts = (words: readonly string[], options: CliOptions = {}) => bucle(['rollouts', ...words], options);
  const follow = async () => {
    const { traffic } = await t.client.request<EndpointView>('GET', '/api/v1/endpoints/flights');
    for (const one of deployments) await gateway.report(one, { ...ready, traffic: traffic[one.id] ?? 0 });
  };

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'bucle-models-'));
    for (const id of ['tiny.1', 'tiny.2']) await makeTiny(root, id);
    t = await testApp({ stages: [decisionStage, createDeployStage(folderSource(root))] });
    gateway = handGateway(t.client);
    for (const version of ['tiny/1', 'tiny/2']) {
      const deployment = await deploy(t.client, 'flights', { version, engine: 'python' });
      await untilState(t.client, deployment, ['published']);
      await gateway.report(deployment, ready);
      deployments = [...deployments, deployment];
    }
    await follow();
  });
  afterAll(async () => {
    await t[Symbol.asyncDispose]();
    await rm(root, { recursive: true, force: true });
  });

  test.each([
    [['start', 'flights'], 'rollouts start needs ENDPOINT and MODEL/VERSION'],
    [['start', 'flights', 'tiny/2', '--steps', 'a'], '--steps is a, but it must be a number'],
    [['start', 'flights', 'tiny/2', '--decision', '1', '--reason', 'b'], 'give one of them'],
    [['abort', 'flights'], 'rollouts abort needs one ROLLOUT or ENDPOINT, and --reason TEXT'],
    [['watch', 'flights', '--timeout', 'x'], '--timeout is x'],
  ])('%j is a matter of usage', async (words, message) => {
    const { code, stderr } = await cli(['rollouts', ...words, '--url', 'http://127.0.0.1:1']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });

  test('start without a ground exits with 6 and names both; a limit of time exits with 8 and it goes on', async () => {
    const refused = await rollouts(['start', 'flights', 'tiny/2']);
    expect(refused).toMatchObject({ code: 6, stdout: '' });
    expect(refused.stderr).toContain('--decision ID');
    expect(refused.stderr).toContain('--reason TEXT');
    const steps = ['--steps', '10,100', '--min-seconds', '0', '--min-requests', '5'];
    const started = await rollouts(['start', 'flights', 'tiny/2', '--reason', 'a test', ...steps, '--timeout', '1']);
    expect(started.code).toBe(8);
    expect(started.stderr).toContain('rollout of tiny/2: parity');
    expect(started.stderr).toContain(
      'rollout of tiny/2: canary at 10 %: gateway gateway-1 gives it 0 %, and not yet 10 %',
    );
    const id = started.stdout.trim();
    const shown = await bucle(['endpoints', 'show', 'flights']);
    expect(shown.stdout).toContain('\t90 %, stable\t');
    expect(shown.stderr).toContain(`  next: bucle rollouts watch ${id}`);
    expect((await rollouts(['show', 'flights'])).stdout).toContain(`rollout:     rollout:${id}\n`);
    const moved = await bucle(['endpoints', 'traffic', 'flights', 'tiny/2=100', '--reason', 'now']);
    expect(moved).toMatchObject({ code: 6, stderr: expect.stringContaining('bucle rollouts abort') });
  });

  test('watch tells why it stays, and exits with 3 when it was taken back', async () => {
    await follow();
    const watching = rollouts(['watch', 'flights', '--json']);
    await expect
      .poll(async () => (await rollouts(['show', 'flights'])).stdout, { timeout: 60_000 })
      .toContain('needs 5 more requests at 10 %');
    const aborted = await rollouts(['abort', 'flights', '--reason', 'too early']);
    expect(aborted).toMatchObject({ code: 0, stdout: expect.stringMatching(/^rollout of tiny\/2: abort(ing|ed)/) });
    await follow();
    const watched = await watching;
    expect(watched.code).toBe(3);
    expect(JSON.parse(watched.stdout)).toMatchObject({ state: 'aborted', reason: 'too early' });
    expect(watched.stderr).toContain('error: rollout of tiny/2: aborted: too early');
  });

  test('promote goes past the steps, watch exits with 0, undo goes back, and ls tells all of it', async () => {
    const started = await rollouts(['start', 'flights', 'tiny/2', '--reason', 'again', '--no-wait']);
    const id = started.stdout.trim();
    await expect.poll(async () => (await rollouts(['show', id])).stdout).toContain('canary at 10 %');
    await rollouts(['promote', id, '--reason', 'sure']);
    const followed = async () => {
      await follow();
      return (await rollouts(['show', id])).stdout;
    };
    await expect.poll(followed, { timeout: 60_000 }).toContain('rollout of tiny/2: promoted');
    const watched = await rollouts(['watch', id]);
    expect(watched).toMatchObject({ code: 0, stderr: expect.stringContaining('tiny/2 holds the stable traffic') });
    expect((await bucle(['endpoints', 'retire', 'flights', 'tiny/1'])).stderr).toContain('Say --force');
    expect((await rollouts(['undo', id, '--reason', 'no'])).stdout).toBe('rollout of tiny/2: undone: no\n');
    const states = (await rollouts(['ls', 'flights'])).stdout.split('\n').slice(1, 3);
    expect(states.map((line) => line.split('\t').slice(1, 3))).toEqual([
      ['tiny/2', 'undone'],
      ['tiny/2', 'aborted'],
    ]);
    expect((await rollouts(['ls', 'nobody'])).code).toBe(5);
  });
});
