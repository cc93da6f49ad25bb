import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { freePort } from '../../../test/free-port.ts';
import { deploy } from '../deploy/test-gateway.fixture.ts';
import { openServing, post, type ServingTest, tinyRow } from './gateway.fixture.ts';
import { type ProcessOptions, spawnGateway, untilAnswering } from './gateway-process.fixture.ts';

const optionsOf = async ({ gatewayData, t }: ServingTest): Promise<ProcessOptions> => ({
  ...{ dataDir: gatewayData, serverUrl: t.baseUrl, port: await freePort() },
});
const ask = (url: string) => post(`${url}/endpoints/flights/invocations`, { dataframe_records: [tinyRow] });

/** Asks until told to stop, and keeps the ids of what was answered. */
async function keepAsking(url: string, stop: AbortSignal, answered: Set<string>): Promise<void> {
  while (!stop.aborted) {
    const answer = await ask(url).catch(() => null);
    if (answer?.status === 200) answered.add(answer.headers.get('bucle-prediction-id') ?? '');
    else await sleep(20);
  }
}

test('killed with -9 under load it starts again, and every answered prediction is captured', async () => {
  await using serving = await openServing();
  const options = await optionsOf(serving);
  await deploy(serving.t.client, 'flights', { version: 'tiny/1' });
  const answered = new Set<string>();
  const stop = new AbortController();
  const callers: Promise<void>[] = [];
  for (let round = 0; round < 3; round += 1) {
    await using gateway = await spawnGateway(options);
    await untilAnswering(gateway.url, 'flights');
    if (round === 0) callers.push(...[1, 2, 3, 4].map(() => keepAsking(gateway.url, stop.signal, answered)));
    const before = answered.size;
    await expect.poll(() => answered.size, { timeout: 60_000, interval: 10 }).toBeGreaterThan(before + 15);
    await gateway.kill('SIGKILL');
  }
  stop.abort();
  await Promise.all(callers);
  await using _last = await spawnGateway(options);
  for (const id of answered) {
    await expect
      .poll(() => serving.t.client.request('GET', `/api/v1/predictions/${id}.0`).catch(() => null), { timeout: 60_000 })
      .not.toBe(null);
  }
}, 90_000);

test('killed at any step on the way to its first answer, it comes up at the next start', async () => {
  await using serving = await openServing();
  const options = await optionsOf(serving);
  await deploy(serving.t.client, 'flights', { version: 'tiny/1' });
  for (const failpoint of ['gateway:state', 'gateway:state-kept', 'gateway:file', 'gateway:captured']) {
    await using gateway = await spawnGateway({ ...options, failpoint });
    if (failpoint === 'gateway:captured') {
      await untilAnswering(gateway.url, 'flights');
      await expect(ask(gateway.url)).rejects.toThrow();
    }
    expect(await gateway.ended).toBe('SIGKILL');
  }
  await using gateway = await spawnGateway(options);
  await untilAnswering(gateway.url, 'flights');
  expect((await ask(gateway.url)).status).toBe(200);
  await gateway.kill('SIGTERM');
  expect(await gateway.ended).toBe(0);
}, 90_000);
