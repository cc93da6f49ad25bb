import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient } from '@bucle/client';
import type { DatabaseKind, TestDatabase } from '../../../test/databases.ts';
import { freePort } from '../../../test/free-port.ts';
import { inheritedEnvironment } from '../../platform/config/inherited-environment.ts';
import { readJson } from '../../platform/processes/durable-file.ts';
import { leaseHolder } from '../../platform/processes/lease-file.ts';
import { siblingModule } from '../../platform/processes/sibling-module.ts';
import { type AttachedProcess, spawnAttached } from '../../platform/processes/spawn-attached.ts';
import { pushSnapshot, type TestJob } from './project.fixture.ts';
import { attemptFiles, type ChildRecord } from './runner/attempt-folder.ts';

/** A failpoint and what happens there: the process that comes by dies, or freezes until `thaw`. */
export interface Armed {
  readonly point: string;
  readonly act: 'SIGKILL' | 'SIGSTOP';
}

/** A control server in a process of its own that is started again whenever it dies, and one job on it. */
export interface KillRig extends AsyncDisposable {
  readonly client: Client;
  readonly database: TestDatabase;
  readonly dataDir: string;
  /** How often the server was started. */
  starts(): number;
  serverPid(): number;
  /** The runner of the attempt that lives, and the leader of its command. */
  runnerPid(job: string, number?: number): Promise<number | null>;
  commandPid(job: string, number?: number): Promise<number | null>;
  /** Whether the armed failpoint was passed. */
  fired(): Promise<boolean>;
  /** Sends the job, as often as it takes: the same key, so the same job. */
  submit(more?: Readonly<Record<string, unknown>>, key?: string): Promise<string>;
  untilOver(job: string): Promise<TestJob>;
  /** Status and end of an MLflow run, as a client of MLflow sees them. */
  run(id: string): Promise<{ readonly status: string; readonly end_time?: number }>;
  /** The log of one attempt, as the API answers it. */
  log(job: string, attempt: number): Promise<{ readonly text: string; readonly complete: boolean }>;
  /** Lines that the commands wrote outside: `start PID ATTEMPT`, `end PID ATTEMPT`, `overlap ATTEMPT`. */
  witness(): Promise<string[]>;
  /** Ends the server for good. */
  stop(): Promise<void>;
}

/** What each command prints, one line every `LINE_MS`, before it ends with `EXIT_CODE`. */
export const LINES = 6;
export const EXIT_CODE = 7;

// File descriptor 9 is inherited by all that the command starts: while any of it lives, the lock is taken.
const SCRIPT = `#!/bin/sh
witness=$1; lines=$2
exec 9>>"$witness.lock"
flock -n 9 || echo "overlap $BUCLE_ATTEMPT" >> "$witness"
echo "start $$ $BUCLE_ATTEMPT" >> "$witness"
i=0
while [ $i -lt $lines ]; do echo "line $i"; sleep 0.1; i=$((i+1)); done
echo "end $$ $BUCLE_ATTEMPT" >> "$witness"
exit ${EXIT_CODE}
`;

const RESTART_MS = 100;
const LONGEST_MS = 60_000;

export async function killRig(kind: DatabaseKind, armed: Armed | null = null): Promise<KillRig> {
  const dataDir = await mkdtemp(join(tmpdir(), 'bucle-kill-'));
  const database = await kind.create();
  const port = await freePort();
  const witness = join(dataDir, 'witness');
  const failpoint = join(dataDir, 'failpoint');
  if (armed) await writeFile(failpoint, armed.act);
  const output: string[] = [];
  let server: AttachedProcess | null = null;
  let starts = 0;
  let stopped = false;
  const env = {
    ...inheritedEnvironment(),
    NODE_OPTIONS: '--conditions=@bucle/source',
    // Many servers start here; each saves half its start-up by what the one before has compiled.
    NODE_COMPILE_CACHE: join(tmpdir(), 'bucle-compile-cache'),
    BUCLE_DATA: dataDir,
    BUCLE_PORT: String(port),
    BUCLE_LOG_LEVEL: 'warn',
    ...(database.config.kind === 'postgres' ? { BUCLE_DATABASE_URL: database.config.url } : {}),
    ...(armed ? { BUCLE_FAILPOINT: `${armed.point}:${failpoint}` } : {}),
  };
  const keepUp = async () => {
    while (!stopped) {
      starts += 1;
      server = await spawnAttached({
        command: [process.execPath, siblingModule(import.meta.url, '../../main').pathname, 'server'],
        cwd: dataDir,
        env,
        onOutput: (chunk) => output.push(String(chunk)),
      });
      await server.ended;
      if (!stopped) await sleep(RESTART_MS);
    }
  };
  const keeping = keepUp();
  const baseUrl = `http://127.0.0.1:${port}`;
  const client = createClient({ baseUrl });
  const filesOf = (job: string, number: number) => attemptFiles(join(dataDir, 'attempts', job, String(number)));
  const rig: KillRig = {
    client,
    dataDir,
    database:
      database.config.kind === 'sqlite'
        ? { ...database, config: { kind: 'sqlite', path: join(dataDir, 'bucle.db') } }
        : database,
    starts: () => starts,
    serverPid() {
      if (!server) throw new Error('The server was not started yet.');
      return server.pid;
    },
    runnerPid: async (job, number = 1) => (await leaseHolder(filesOf(job, number).lock))?.pid ?? null,
    commandPid: async (job, number = 1) => (await readJson<ChildRecord>(filesOf(job, number).child))?.pid ?? null,
    fired: async () => (await readFile(failpoint, 'utf8').catch(() => null)) === null,
    async submit(more = {}, key = 'the-one') {
      const files = { 'train.sh': { content: SCRIPT, mode: 'executable' as const } };
      const snapshot = await again(() => pushSnapshot(client, files), output);
      const json = { command: ['./train.sh', witness, String(LINES)], snapshot, ...more };
      const post = () => client.request<TestJob>('POST', '/api/v1/jobs', { json, headers: { 'idempotency-key': key } });
      return (await again(post, output)).id;
    },
    async untilOver(job) {
      for (const until = performance.now() + LONGEST_MS; ; await sleep(50)) {
        const found = await again(() => client.request<TestJob>('GET', `/api/v1/jobs/${job}`), output);
        if (found.state !== 'queued' && found.state !== 'running') return found;
        if (performance.now() > until) {
          throw new Error(`The job is not over: ${JSON.stringify(found)}\n${output.join('').slice(-3_000)}`);
        }
      }
    },
    async run(id) {
      const query = { run_id: id };
      const path = '/api/2.0/mlflow/runs/get';
      const found = await again(
        () => client.request<{ run: { info: { status: string } } }>('GET', path, { query }),
        output,
      );
      return found.run.info;
    },
    async log(job, attempt) {
      const answer = await again(() => client.send('GET', `/api/v1/jobs/${job}/logs`, { query: { attempt } }), output);
      return { text: await answer.text(), complete: answer.headers.get('bucle-log-complete') === 'true' };
    },
    witness: async () => (await readFile(witness, 'utf8').catch(() => '')).trim().split('\n'),
    async stop() {
      stopped = true;
      if (server) process.kill(server.pid, 'SIGTERM');
      await keeping;
    },
    async [Symbol.asyncDispose]() {
      stopped = true;
      if (server) kill(server.pid, 'SIGKILL');
      await keeping;
      await database[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  return rig;
}

/** Sends a signal; a process that is gone is fine. Zero would mean this very group of processes. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  if (pid <= 1) throw new Error('There is no process to send a signal to.');
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** While the server is away a caller tries again. */
async function again<T>(act: () => Promise<T>, output: readonly string[]): Promise<T> {
  for (const until = performance.now() + LONGEST_MS; ; await sleep(50)) {
    try {
      return await act();
    } catch (error) {
      const { status = 0 } = error as { status?: number };
      const answered = status > 0 && status < 500;
      if (answered || performance.now() > until) throw new Error(output.join('').slice(-3_000), { cause: error });
    }
  }
}
