import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { get } from './gateway.fixture.ts';

const MAIN = fileURLToPath(new URL('../../main.ts', import.meta.url));

/** A gateway as a process of its own, which a test may kill. */
export interface GatewayProcess extends AsyncDisposable {
  readonly url: string;
  readonly ended: Promise<NodeJS.Signals | number | null>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

export interface ProcessOptions {
  readonly dataDir: string;
  readonly serverUrl: string;
  readonly port: number;
  /** Where it dies, once. */
  readonly failpoint?: string;
}

export async function spawnGateway({ dataDir, serverUrl, port, failpoint }: ProcessOptions): Promise<GatewayProcess> {
  const fuse = join(dataDir, 'fuse');
  if (failpoint !== undefined) await writeFile(fuse, '');
  const child = spawn(process.execPath, ['-C', '@bucle/source', MAIN, 'gateway'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      ...{ BUCLE_DATA: dataDir, BUCLE_URL: serverUrl, BUCLE_GATEWAY_PORT: String(port) },
      ...{ BUCLE_LOG_LEVEL: process.env['BUCLE_TEST_LOG'] ?? 'silent' },
      ...(failpoint === undefined ? {} : { BUCLE_FAILPOINT: `${failpoint}:${fuse}` }),
    },
  });
  const ended = once(child, 'exit').then(([code, signal]) => (signal ?? code) as NodeJS.Signals | number | null);
  const kill = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
  };
  return { url: `http://127.0.0.1:${port}`, ended, kill, [Symbol.asyncDispose]: () => endProcess(child, kill) };
}

async function endProcess(child: ChildProcess, kill: (signal: NodeJS.Signals) => Promise<void>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await kill('SIGKILL');
}

/** Waits until the endpoint has somebody to answer. */
export async function untilAnswering(url: string, endpoint: string): Promise<void> {
  for (const until = performance.now() + 30_000; ; await sleep(30)) {
    const answer = await get(`${url}/v2/models/${endpoint}/ready`).catch(() => null);
    if (answer?.status === 200) return;
    if (performance.now() > until) throw new Error(`${endpoint} does not answer: ${JSON.stringify(answer?.body)}`);
  }
}
