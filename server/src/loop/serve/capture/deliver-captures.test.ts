import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@bucle/client';
import { describe, expect, test } from 'vitest';
import { databases } from '../../../../test/databases.ts';
import { type TestApp, testApp } from '../../../../test/test-app.ts';
import { systemClock } from '../../../platform/clock.ts';
import { createLog } from '../../../platform/log.ts';
import { folderSource } from '../../deploy/model-source.fixture.ts';
import { createDeployStage } from '../../deploy/stage.ts';
import { type CountsView, listIds } from '../captures.fixture.ts';
import { serveStage } from '../stage.ts';
import { makeCapture } from './capture.fixture.ts';
import { deliverCaptures } from './deliver-captures.ts';
import { openCaptureLog } from './open-capture-log.ts';

const stages = [createDeployStage(folderSource('/nowhere')), serveStage];
const log = createLog('silent', 'test');
const counts = (t: TestApp) => t.client.request<CountsView>('GET', '/api/v1/endpoints/flights/captures');

/** A control server that can be stopped and started again on its database and its port. */
async function restartable(kind: (typeof databases)[number]) {
  const database = await kind.create();
  const blobs = await mkdtemp(join(tmpdir(), 'bucle-blobs-'));
  const kept = { ...kind, create: async () => ({ config: database.config, [Symbol.asyncDispose]: async () => {} }) };
  const start = (port: number) =>
    testApp({ database: kept, blobs: { kind: 'disk', path: blobs }, stages, background: false, config: { port } });
  return {
    start,
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await rm(blobs, { recursive: true, force: true });
    },
  };
}

async function openLog(options: Partial<Parameters<typeof openCaptureLog>[0]> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'bucle-captures-'));
  const captures = await openCaptureLog({ folder, clock: systemClock, log, ...options });
  return {
    folder,
    captures,
    async [Symbol.asyncDispose]() {
      await captures[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const deliver = (url: string, captures: Awaited<ReturnType<typeof openLog>>['captures'], batchBytes = 4_000_000) =>
  deliverCaptures({ captures, server: createClient({ baseUrl: url }), gateway: 'gateway-1', log, batchBytes });

describe.each(databases)('delivery of captures on $name', (kind) => {
  test('a server that is away for a while gets everything, each capture once', async () => {
    await using server = await restartable(kind);
    await using t = await openLog({ segmentBytes: 3_000 });
    const ids: string[] = [];
    const append = (count: number) => {
      for (let at = 0; at < count; at += 1) {
        const capture = makeCapture();
        ids.push(capture.id);
        expect(t.captures.append(capture)).toBe(true);
      }
    };
    let running = await server.start(0);
    const { baseUrl } = running;
    await using _delivery = deliver(baseUrl, t.captures, 1_500);
    append(30);
    await expect.poll(async () => (await listIds(running.client, 'flights').catch(() => [])).length).toBeGreaterThan(3);
    append(30);
    await running[Symbol.asyncDispose]();
    append(30);
    await sleep(300);
    expect(t.captures.counts().waiting).toBeGreaterThanOrEqual(30);
    running = await server.start(Number(new URL(baseUrl).port));
    append(10);
    await expect.poll(() => t.captures.counts().waiting, { timeout: 60_000 }).toBe(0);
    expect(await listIds(running.client, 'flights')).toEqual([...ids].reverse());
    expect(await counts(running)).toMatchObject({ captured: 100, rows: 200, lost: 0 });
    expect(t.captures.counts()).toEqual({ kept: 100, delivered: 100, lost: 0, waiting: 0 });
    expect((await readdir(t.folder)).filter((name) => name.endsWith('.captures'))).toHaveLength(1);
    await running[Symbol.asyncDispose]();
  });
});

describe('delivery of captures', () => {
  test('within a second of the answer a capture is with the server', async () => {
    await using server = await testApp({ stages, background: false });
    await using t = await openLog();
    await using _delivery = deliver(server.baseUrl, t.captures);
    const delays: number[] = [];
    for (let tries = 0; tries < 3; tries += 1) {
      await sleep(50);
      const { id } = makeCapture();
      const start = performance.now();
      t.captures.append(makeCapture({ id }));
      const find = () => server.client.request('GET', `/api/v1/predictions/${id}`).catch(() => null);
      await expect.poll(find, { interval: 20, timeout: 60_000 }).toMatchObject({ id });
      delays.push(performance.now() - start);
    }
    // The best of three: what else this machine does is not what is asked here.
    expect(Math.min(...delays)).toBeLessThan(1_000);
  });

  test('an acknowledgement that gets lost makes no capture count twice', async () => {
    await using server = await testApp({ stages, background: false });
    await using proxy = await deafProxy(server.baseUrl);
    await using t = await openLog();
    await using _delivery = deliver(proxy.url, t.captures, 900);
    const ids = Array.from({ length: 12 }, () => makeCapture()).map((capture) => {
      t.captures.append(capture);
      return capture.id;
    });
    await expect.poll(() => t.captures.counts().waiting, { timeout: 60_000 }).toBe(0);
    expect(proxy.swallowed()).toBeGreaterThan(2);
    expect(await listIds(server.client, 'flights')).toEqual([...ids].reverse());
    expect(await counts(server)).toMatchObject({ captured: 12, lost: 0 });
  });

  test('a capture that the server refuses is given up alone and counted, and the others arrive', async () => {
    await using server = await testApp({ stages, background: false });
    await using t = await openLog();
    const captures = Array.from({ length: 9 }, (_, at) => makeCapture(at === 4 ? { id: 'no id' } : {}));
    for (const capture of captures) t.captures.append(capture);
    await using _delivery = deliver(server.baseUrl, t.captures);
    await expect.poll(() => t.captures.counts().waiting, { timeout: 60_000 }).toBe(0);
    const good = captures.map(({ id }) => id).filter((id) => id !== 'no id');
    expect(await listIds(server.client, 'flights')).toEqual(good.reverse());
    await expect.poll(() => counts(server)).toMatchObject({ captured: 8, lost: 1 });
    expect(t.captures.counts()).toEqual({ kept: 9, delivered: 8, lost: 1, waiting: 0 });
  });

  test('losses reach the server without any capture', async () => {
    await using server = await testApp({ stages, background: false });
    await using t = await openLog({
      write: () => {
        throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      },
    });
    await using _delivery = deliver(server.baseUrl, t.captures);
    for (const deployment of ['d-1', 'd-2', 'd-1']) t.captures.append(makeCapture({ deployment }));
    await server.client.request('POST', '/api/v1/endpoints', { json: { name: 'flights' } });
    await expect.poll(() => counts(server)).toMatchObject({ captured: 0, lost: 3 });
    t.captures.append(makeCapture());
    await expect.poll(() => counts(server)).toMatchObject({ captured: 0, lost: 4 });
  });
});

/** Hands requests on, and swallows the answer of every second one. */
async function deafProxy(target: string) {
  let requests = 0;
  const server: Server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const answer = await fetch(target + request.url, {
      method: request.method ?? 'GET',
      headers: { 'content-type': request.headers['content-type'] ?? '' },
      body: Buffer.concat(pieces),
    });
    const body = Buffer.from(await answer.arrayBuffer());
    requests += 1;
    if (requests % 2 === 1) response.destroy();
    else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    swallowed: () => Math.ceil(requests / 2),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
