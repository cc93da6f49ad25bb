import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { inheritedEnvironment } from '../../../platform/config/inherited-environment.ts';
import { findMarked } from '../../../platform/processes/find-processes.ts';
import { ATTEMPT_MARKER, type AttemptSpec, attemptFiles, type FinalRecord } from './attempt-folder.ts';
import { runAttempt } from './runner-main.ts';

/** An attempt whose command succeeds, with a recorder of golden requests in `sh`. */
async function openAttempt(recorder: string, url = 'http://127.0.0.1:9') {
  const folder = await mkdtemp(join(tmpdir(), 'bucle-attempt-'));
  const files = attemptFiles(folder);
  const attempt = `${folder.split('/').at(-1)}/1`;
  const env = { ...inheritedEnvironment(), [ATTEMPT_MARKER]: attempt };
  const spec: AttemptSpec = {
    ...{ attempt, command: ['sh', '-c', 'echo trained'], env, timeLimitMs: null, graceMs: 1_000 },
    ...{ logHeadBytes: 10_000, logTailBytes: 1_000 },
    golden: { command: ['sh', '-c', recorder], env, timeLimitMs: 20_000, serverUrl: url, patienceMs: 20_000 },
  };
  await mkdir(files.work, { recursive: true });
  await writeFile(files.spec, JSON.stringify(spec));
  return {
    folder,
    files,
    marker: { name: ATTEMPT_MARKER, value: attempt },
    final: async () => JSON.parse(await readFile(files.final, 'utf8')) as FinalRecord,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Anything that answers is a control server that is back. */
function listen(): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer((_request, response) => response.end('{}'));
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        url: `http://127.0.0.1:${port}`,
        [Symbol.asyncDispose]: () => new Promise((closed) => server.close(() => closed())),
      });
    });
  });
}

test('after success the report of the recorder is in the final record', async () => {
  await using server = await listen();
  await using attempt = await openAttempt(`echo noise; echo '{"models":[1]}'`, server.url);
  await runAttempt(attempt.folder);
  expect(await attempt.final()).toMatchObject({
    exit: { ended: 'exited', code: 0 },
    golden: { loadable: true, report: { models: [1] } },
  });
});

test('a model that cannot be loaded where it was made is said to be so', async () => {
  await using server = await listen();
  await using attempt = await openAttempt('echo no module named x >&2; exit 3', server.url);
  await runAttempt(attempt.folder);
  expect((await attempt.final()).golden).toMatchObject({ loadable: false, reason: 'no module named x' });
});

test('a job that is cancelled while golden requests are recorded ends at once, and leaves nothing running', async () => {
  await using server = await listen();
  await using attempt = await openAttempt('echo recording; setsid sleep 60 & sleep 60', server.url);
  const running = runAttempt(attempt.folder);
  await vi.waitUntil(
    async () => (await readFile(attempt.files.log, 'utf8').catch(() => '')).includes('recording'),
    10_000,
  );
  await writeFile(attempt.files.stop, JSON.stringify({ reason: 'cancelled' }));
  await running;
  expect(await attempt.final()).toMatchObject({ exit: { ended: 'cancelled', code: 0 }, golden: null });
  expect(findMarked(attempt.marker)).toEqual([]);
});

test('a second runner goes away while the first one lives, and a third has nothing to do', async () => {
  await using server = await listen();
  await using attempt = await openAttempt('sleep 1; echo {}', server.url);
  const first = runAttempt(attempt.folder);
  await vi.waitUntil(() => existsSync(attempt.files.exit), 10_000);
  expect(await runAttempt(attempt.folder)).toBe(0);
  expect(existsSync(attempt.files.final)).toBe(false);
  await first;
  const { exit } = await attempt.final();
  expect(await runAttempt(attempt.folder)).toBe(0);
  expect((await attempt.final()).exit).toEqual(exit);
  expect((await readFile(attempt.files.log, 'utf8')).match(/trained/g)).toEqual(['trained']);
});

test('an attempt that was closed, or stopped before it began, never starts its command', async () => {
  await using closed = await openAttempt('true');
  await mkdir(closed.files.state);
  await writeFile(closed.files.closed, '');
  await runAttempt(closed.folder);
  expect(existsSync(closed.files.intent)).toBe(false);
  await using stopped = await openAttempt('true');
  await mkdir(stopped.files.state);
  await writeFile(stopped.files.stop, JSON.stringify({ reason: 'cancelled' }));
  await runAttempt(stopped.folder);
  expect(existsSync(stopped.files.intent)).toBe(false);
  expect((await stopped.final()).exit).toMatchObject({ ended: 'cancelled', code: null });
});
