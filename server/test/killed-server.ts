import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient } from '@bucle/client';
import { describe } from 'vitest';
import type { Context } from '../src/context.ts';
import { loadStages } from '../src/loop/index.ts';
import { openContext } from '../src/open-context.ts';
import { parseConfig } from '../src/platform/config/config.ts';
import { inheritedEnvironment } from '../src/platform/config/inherited-environment.ts';
import { readSettings } from '../src/platform/config/settings.ts';
import { readCursor, readEventsAfter } from '../src/platform/events/event.store.ts';
import { createLog } from '../src/platform/log.ts';
import { siblingModule } from '../src/platform/processes/sibling-module.ts';
import { type AttachedProcess, spawnAttached } from '../src/platform/processes/spawn-attached.ts';
import { type DatabaseKind, databases } from './databases.ts';
import { freePort } from './free-port.ts';

/** A control server in a process of its own, which dies at one failpoint after another, each time started again. */
export interface KilledServer extends AsyncDisposable {
  readonly baseUrl: string;
  readonly client: Client;
  readonly dataDir: string;
  /** How often it was started. */
  starts(): number;
  /** Waits until it has died at so many of its failpoints. */
  died(times: number): Promise<void>;
  /** Tries until the server answers; a refusal ends it. */
  again<T>(act: () => Promise<T>): Promise<T>;
  /** Waits until a question has this answer, however often the server dies meanwhile. */
  until<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T>;
  /** Waits until it has nothing left to do, ends it for good, and opens what it left behind. */
  leave(): Promise<Context & AsyncDisposable>;
}

export interface KilledServerOptions {
  /** In the order in which it comes by; it dies once at each. */
  readonly points: readonly string[];
  /** Makes what is there before the first start. */
  readonly seed: (context: Context) => Promise<void>;
}

const RESTART_MS = 50;
const LONGEST_MS = 60_000;
/** Jobs that sweep now and then are not waited for. */
const SOON_MS = 2_000;

const soaking = process.env['BUCLE_SOAK'] === '1';
const thorough = soaking || process.env['CI'] === 'true';
export const killedOn = thorough ? databases : databases.slice(0, 1);
export const repeats = soaking ? Number(process.env['BUCLE_SOAK_ROUNDS'] ?? 5) - 1 : 0;

/** The long suites: in CI and in the soak run. Every day the kill tests of the stages do. */
export const longKills = thorough ? describe.concurrent : describe.skip;

/** One life with a death at each place in turn; a soak also has a life for each place. */
export function courses(all: readonly string[]): { readonly name: string; readonly points: readonly string[] }[] {
  const alone = [...new Set(all)].map((point) => ({ name: point, points: [point] }));
  return [{ name: 'each place in turn', points: all }, ...(soaking ? alone : [])];
}

export async function killedServer(kind: DatabaseKind, { points, seed }: KilledServerOptions): Promise<KilledServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bucle-killed-'));
  const database = await kind.create();
  const sqlite = { kind: 'sqlite' as const, path: join(dataDir, 'bucle.db') };
  const config = database.config.kind === 'sqlite' ? sqlite : database.config;
  const port = await freePort();
  const baseUrl = `http://127.0.0.1:${port}`;
  const client = createClient({ baseUrl });
  const fuse = join(dataDir, 'fuse');
  const open = async () => {
    const settings = readSettings({}, { data: dataDir, port: String(port), logLevel: 'silent' });
    const log = createLog('silent', 'test');
    return openContext({ ...parseConfig(settings), database: config }, await loadStages(), { log });
  };
  {
    await using context = await open();
    await seed(context);
  }
  const output: string[] = [];
  const last = () => output.join('').slice(-3_000);
  let server: AttachedProcess | null = null;
  let starts = 0;
  let startedAt = performance.now();
  let stopped = false;
  const env = {
    ...inheritedEnvironment(),
    NODE_OPTIONS: '--conditions=@bucle/source',
    // Many servers start here; each saves half its start-up by what the one before has compiled.
    NODE_COMPILE_CACHE: join(tmpdir(), 'bucle-compile-cache'),
    BUCLE_DATA: dataDir,
    BUCLE_PORT: String(port),
    BUCLE_LOG_LEVEL: 'warn',
    ...(config.kind === 'postgres' ? { BUCLE_DATABASE_URL: config.url } : {}),
  };
  const startOne = async (point: string | undefined) => {
    starts += 1;
    startedAt = performance.now();
    if (point !== undefined) await writeFile(fuse, 'SIGKILL');
    server = await spawnAttached({
      command: [process.execPath, siblingModule(import.meta.url, '../src/main').pathname, 'server'],
      cwd: dataDir,
      env: { ...env, ...(point === undefined ? {} : { BUCLE_FAILPOINT: `${point}:${fuse}` }) },
      onOutput: (chunk) => output.push(String(chunk)),
    });
    // Somebody may have ended it all while it was being started.
    if (stopped) signalTo(server.pid, 'SIGKILL');
    return server.ended;
  };
  const keepUp = async () => {
    while (!stopped) {
      const point = points[starts];
      await startOne(point);
      if (stopped) return;
      await sleep(RESTART_MS);
    }
  };
  const keeping = keepUp();
  const stop = async (signal: NodeJS.Signals) => {
    stopped = true;
    if (server) signalTo(server.pid, signal);
    await keeping;
  };
  // Each life of the server may take so long.
  const isLate = (began: number) => performance.now() > Math.max(began, startedAt) + LONGEST_MS;
  const again: KilledServer['again'] = async (act) => {
    for (const began = performance.now(); ; await sleep(20)) {
      try {
        return await act();
      } catch (error) {
        const { status = 0 } = error as { status?: number };
        const refused = status > 0 && status < 500;
        if (refused || isLate(began)) throw new Error(last(), { cause: error });
      }
    }
  };
  return {
    ...{ baseUrl, client, dataDir, again },
    starts: () => starts,
    async died(times) {
      for (const began = performance.now(); starts <= times; await sleep(20)) {
        if (isLate(began)) throw new Error(`It does not die at ${points[starts - 1]}.\n${last()}`);
      }
    },
    async until(ask, holds) {
      for (const began = performance.now(); ; await sleep(50)) {
        const answer = await again(ask);
        if (holds(answer)) return answer;
        if (isLate(began)) throw new Error(`It stays at ${JSON.stringify(answer)}\n${last()}`);
      }
    },
    async leave() {
      const context = await open();
      for (const began = performance.now(); ; await sleep(50)) {
        const waiting = await whatWaits(context);
        if (waiting.length === 0) break;
        if (isLate(began)) throw new Error(`Something waits for ever: ${waiting.join(', ')}\n${last()}`);
      }
      await stop('SIGTERM');
      return context;
    },
    async [Symbol.asyncDispose]() {
      await stop('SIGKILL');
      await database[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** One that is gone is fine. */
function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Subscriptions that have not read all that they want, and durable jobs that run, are due or were given up. */
async function whatWaits(context: Context): Promise<string[]> {
  const { read, dialect } = context.db;
  const jobs = await read
    .selectFrom('background_jobs')
    .select(['kind', 'state', 'run_at'])
    .where('state', '!=', 'done')
    .execute();
  const waiting = jobs
    .filter(({ state, run_at }) => state !== 'queued' || run_at <= context.clock.now() + SOON_MS)
    .map(({ kind, state }) => `${kind} ${state}`);
  for (const stage of await loadStages()) {
    for (const { name, types } of stage.subscriptions?.(context) ?? []) {
      const after = await readCursor(read, name);
      if ((await readEventsAfter(read, { after, limit: 1, dialect, types })).length > 0) waiting.push(name);
    }
  }
  return waiting;
}
