import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cli } from '../../../test/cli.ts';
import { freePort } from '../../../test/free-port.ts';
import { isAlive, type ProcessIdentity } from '../../platform/processes/identity.ts';
import { siblingModule } from '../../platform/processes/sibling-module.ts';
import { readState, stopSupervised } from '../../platform/processes/supervise.ts';
import { upPlaces } from './places.ts';

const patience = { timeout: 30_000, interval: 50 };

describe('bucle up', { timeout: 60_000 }, () => {
  let data = '';
  let ports: readonly [number, number] = [0, 0];
  let ups: ChildProcess[] = [];
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'bucle-up-'));
    ports = [await freePort(), await freePort()];
    ups = [];
  });
  afterEach(async () => {
    for (const up of ups) up.kill('SIGKILL');
    for (const role of ['server', 'gateway'] as const) await stopSupervised(upPlaces(data).stateFile(role), 0);
    await rm(data, { recursive: true, force: true });
  });

  const start = (...flags: readonly string[]) => {
    const module = siblingModule(import.meta.url, '../main').pathname;
    const place = ['--data', data, '--port', String(ports[0]), '--gateway-port', String(ports[1])];
    const child = spawn(process.execPath, ['-C', '@bucle/source', module, 'up', ...place, ...flags], {
      env: { PATH: process.env['PATH'] ?? '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    ups.push(child);
    const said = { out: '', err: '' };
    child.stdout.on('data', (text: Buffer) => {
      said.out += text;
    });
    child.stderr.on('data', (text: Buffer) => {
      said.err += text;
    });
    const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
    return {
      ...{ child, said, ended },
      ready: () => vi.waitUntil(() => said.err.includes('Bucle is ready'), patience),
      async interrupt() {
        child.kill('SIGINT');
        return ended;
      },
    };
  };
  const state = async (role: 'server' | 'gateway') =>
    (await readState(upPlaces(data).stateFile(role))) as ProcessIdentity;
  const answers = (port: number, path = '/api/v1/status') =>
    fetch(`http://127.0.0.1:${port}${path}`).then(
      ({ status }) => status,
      () => 0,
    );

  test('says where things are, starts again what dies, and stops both on Ctrl-C', async () => {
    const up = start();
    await up.ready();
    expect(up.said.out.split('\n').map((line) => line.trim().split(/\s+/).slice(0, 2))).toEqual([
      ['server', `http://127.0.0.1:${ports[0]}`],
      ['gateway', `http://127.0.0.1:${ports[1]}`],
      ['data', data],
      [''],
    ]);
    expect(up.said.err).toContain(`export MLFLOW_TRACKING_URI=http://127.0.0.1:${ports[0]}\n`);
    expect(up.said.err).toContain(`export BUCLE_URL=http://127.0.0.1:${ports[0]}\n`);
    const [first, gateway] = [await state('server'), await state('gateway')];
    process.kill(first.pid, 'SIGKILL');
    await vi.waitUntil(() => up.said.err.includes('server is back'), patience);
    expect(up.said.err).toContain('server died; it is started again.');
    expect(await answers(ports[0])).toBe(200);
    const second = await state('server');
    expect(second.pid).not.toBe(first.pid);
    expect(isAlive(gateway)).toBe(true);
    const env = { BUCLE_PORT: String(await freePort()), BUCLE_LOG_LEVEL: 'silent' };
    const beside = await cli(['server', '--data', data], { env });
    expect(beside.stderr).toContain(`Another server (process ${second.pid}) works on the data folder ${data}.`);
    expect(beside.code).toBe(6);
    expect(await up.interrupt()).toBe(0);
    expect([isAlive(second), isAlive(gateway)]).toEqual([false, false]);
  });

  test('both outlive a kill -9 of it; the next one adopts them, another one beside it is refused', async () => {
    const first = start();
    await first.ready();
    const before = [await state('server'), await state('gateway')];
    first.child.kill('SIGKILL');
    await first.ended;
    expect(before.map(isAlive)).toEqual([true, true]);
    const second = start();
    await second.ready();
    expect(second.said.err).toContain('(server and gateway ran already, and stayed)');
    expect([await state('server'), await state('gateway')]).toEqual(before);
    const third = start();
    expect(await third.ended).toBe(6);
    expect(third.said.err).toContain(`\`bucle up\` runs for ${data} already (process ${second.child.pid}).`);
    expect(third.said.err).toContain('next: Stop it with `bucle down');
    expect(before.map(isAlive)).toEqual([true, true]);
    const down = await cli(['down', '--data', data]);
    expect(down).toMatchObject({ code: 0, stderr: expect.stringContaining('Stopped gateway and server.') });
    expect(await second.ended).toBe(0);
    expect(before.map(isAlive)).toEqual([false, false]);
    expect((await cli(['down', '--data', data])).stderr).toBe(`Nothing of ${data} runs.\n`);
  });

  test('what lives with other settings is started again with these; what a killed one left, down stops', async () => {
    const first = start();
    await first.ready();
    const before = [await state('server'), await state('gateway')];
    first.child.kill('SIGKILL');
    await first.ended;
    const old = ports[0];
    ports = [await freePort(), ports[1]];
    const second = start();
    await second.ready();
    expect(second.said.err).toContain('server ran with other settings: it is started again.');
    expect(before.map(isAlive)).toEqual([false, false]);
    expect([await answers(old), await answers(ports[0]), await answers(ports[1], '/v2/health/live')]).toEqual([
      0, 200, 200,
    ]);
    second.child.kill('SIGKILL');
    await second.ended;
    expect((await cli(['down', '--data', data])).stderr).toContain('Stopped gateway and server.');
    expect(await answers(ports[0])).toBe(0);
  });

  test('a port that is taken, or an open door without a token, ends it at once with the reason and the next step', async () => {
    const holder = await listen(ports[1]);
    const taken = start();
    expect(await taken.ended).toBe(1);
    await close(holder);
    expect(taken.said.err).toContain(`The gateway cannot listen on 127.0.0.1:${ports[1]}: another program has that`);
    expect(taken.said.err).toContain('next: Choose another port with --gateway-port');
    expect(await answers(ports[0])).toBe(0);
    const open = start('--host', '0.0.0.0');
    expect(await open.ended).toBe(1);
    expect(open.said.err).toContain('The address 0.0.0.0 can be reached from outside this machine');
    expect(open.said.err).toMatch(/next: .*`bucle tokens create NAME`.* --insecure/);
    expect(await answers(ports[0])).toBe(0);
  });

  test('detached it returns when both are ready, and goes on alone', async () => {
    const up = start('--detach', '--json');
    expect(await up.ended).toBe(0);
    const { processes, server_url } = JSON.parse(up.said.out);
    expect(processes).toEqual({ server: (await state('server')).pid, gateway: (await state('gateway')).pid });
    expect((await cli(['status', '--url', server_url])).code).toBe(0);
    const again = start('--detach');
    expect(await again.ended).toBe(6);
    expect((await cli(['down', '--data', data])).code).toBe(0);
    expect(await answers(ports[0])).toBe(0);
  });
});

test('a BUCLE_PYTHON that does not run is said before anything starts', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bucle-up-'));
  const python = await cli(['up', '--data', join(folder, 'data')], { env: { BUCLE_PYTHON: '/nowhere/python' } });
  expect(python).toMatchObject({ code: 1, stderr: expect.stringContaining('BUCLE_PYTHON is /nowhere/python') });
  expect(await readdir(folder)).toEqual([]);
  await rm(folder, { recursive: true });
});

test('a data folder that cannot be made is said', async () => {
  const up = await cli(['up', '--data', '/dev/null/data']);
  expect(up).toMatchObject({ code: 1, stdout: '' });
  expect(up.stderr).toContain('error: The data folder /dev/null/data cannot be used: ');
});

test('wrong settings on the command line are a matter of usage', async () => {
  expect(await cli(['up', '--port', 'http'])).toMatchObject({
    code: 2,
    stderr: 'error: BUCLE_PORT is http, but it must be a whole number from 0 to 65535.\n',
  });
});

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
