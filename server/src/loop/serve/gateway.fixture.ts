import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { databases } from '../../../test/databases.ts';
import { type TestApp, testApp } from '../../../test/test-app.ts';
import { type Config, parseConfig } from '../../platform/config/config.ts';
import { readSettings } from '../../platform/config/settings.ts';
import { createLog } from '../../platform/log.ts';
import { decisionStage, folderSource, type TinyModel } from '../deploy/model-source.fixture.ts';
import { createDeployStage } from '../deploy/stage.ts';
import { type DeploymentView, deploy, untilState } from '../deploy/test-gateway.fixture.ts';
import { makeTinyOnnx } from '../deploy/tiny-onnx.fixture.ts';
import { type Gateway, startGateway } from './gateway-main.ts';
import { serveStage } from './stage.ts';

/** A control server with models to deploy, and a folder for the gateways that a test starts. */
export interface ServingTest extends AsyncDisposable {
  readonly t: TestApp;
  readonly gatewayData: string;
  start(change?: Partial<Config>): Promise<Gateway>;
  /** Deploys a version and waits until a gateway has it. */
  deployReady(endpoint: string, json: Record<string, unknown>): Promise<DeploymentView>;
  /** Lets a gateway learn of a deployment, prove it and end. */
  startAndStop(endpoint: string, json: Record<string, unknown>): Promise<void>;
  stopServer(): Promise<void>;
}

export async function openServing(
  models: Readonly<Record<string, Pick<TinyModel, 'golden'>>> = { 'tiny.1': {} },
): Promise<ServingTest> {
  const root = await mkdtemp(join(tmpdir(), 'bucle-models-'));
  const gatewayData = await mkdtemp(join(tmpdir(), 'bucle-gateway-'));
  const stages = [decisionStage, createDeployStage(folderSource(root)), serveStage];
  const [database] = databases;
  if (!database) throw new Error('There is no database to test on.');
  const t = await testApp({ database, stages });
  for (const [id, options] of Object.entries(models)) await makeTinyOnnx(t.context, root, id, options);
  const log = createLog(process.env['BUCLE_TEST_LOG'] ?? 'silent', 'gateway');
  let stopped: Promise<void> | undefined;
  const stopServer = async () => {
    stopped ??= Promise.resolve(t[Symbol.asyncDispose]());
    await stopped;
  };
  const start: ServingTest['start'] = (change = {}) =>
    startGateway({ ...gatewayConfig(gatewayData, t.baseUrl), ...change }, { log });
  const deployReady: ServingTest['deployReady'] = async (endpoint, json) =>
    untilState(t.client, await deploy(t.client, endpoint, json), ['ready']);
  return {
    ...{ t, gatewayData, start, deployReady, stopServer },
    async startAndStop(endpoint, json) {
      await using gateway = await start();
      await deployReady(endpoint, json);
      await untilServing(gateway, endpoint);
    },
    async [Symbol.asyncDispose]() {
      await stopServer();
      for (const folder of [root, gatewayData]) await rm(folder, { recursive: true, force: true });
    },
  };
}

export function gatewayConfig(dataDir: string, serverUrl: string): Config {
  return parseConfig(readSettings({}, { data: dataDir, gatewayPort: '0', logLevel: 'silent', serverUrl }));
}

/** Inputs of the tiny model. */
export const tinyRow = { distance: 1600.2, hour: 23, carrier: 'UA' };
export const tinyAnswer = [0.10807316, 0.8919268];

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  /** What a JSON answer says; a text is its member `text`. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Sends a body to a gateway as it is. */
export async function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const sent = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(url, {
    method: 'POST',
    body: sent,
    headers: { 'content-type': 'application/json', ...headers },
  });
  return toAnswered(answer);
}

export async function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answered> {
  return toAnswered(await fetch(url, { headers }));
}

async function toAnswered(answer: Response): Promise<Answered> {
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: text.startsWith('{') ? JSON.parse(text) : { text } };
}

/** Waits until the endpoint of this gateway sends callers to a deployment. */
export async function untilServing(gateway: Gateway, endpoint: string): Promise<void> {
  for (const until = performance.now() + 20_000; ; await sleep(20)) {
    const { status, body } = await get(`${gateway.url}/v2/models/${endpoint}/ready`);
    if (status === 200) return;
    if (performance.now() > until) throw new Error(`${endpoint} does not answer: ${JSON.stringify(body)}`);
  }
}
