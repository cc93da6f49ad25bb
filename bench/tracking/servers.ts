import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, type Peer, startPeer } from '../peer.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const mlflow = join(root, '.setup', 'python', 'bin', 'mlflow');
const bucle = join(root, 'server', 'src', 'cli', 'main.ts');

export interface Contender {
  readonly name: string;
  readonly start: (folder: string) => Promise<Peer>;
}

/** MLflow's server as it starts by default and at its leanest, and Bucle's alone: all on SQLite and the local disk. */
export const contenders: readonly Contender[] = [
  { name: 'mlflow', start: (folder) => startMlflow(folder, [], {}) },
  {
    name: 'mlflow, lean',
    start: (folder) => startMlflow(folder, ['--workers', '1'], { MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false' }),
  },
  { name: 'bucle', start: startBucle },
];

async function startMlflow(folder: string, more: readonly string[], env: Record<string, string>): Promise<Peer> {
  const port = await freePort();
  const stores = [
    '--backend-store-uri',
    `sqlite:///${join(folder, 'mlflow.db')}`,
    '--artifacts-destination',
    join(folder, 'artifacts'),
  ];
  return startPeer({
    command: mlflow,
    args: ['server', '--host', '127.0.0.1', '--port', String(port), ...stores, ...more],
    env,
    cwd: folder,
    url: `http://127.0.0.1:${port}`,
    ready: '/health',
  });
}

async function startBucle(folder: string): Promise<Peer> {
  const port = await freePort();
  return startPeer({
    command: process.execPath,
    args: ['-C', '@bucle/source', bucle, 'server'],
    env: { BUCLE_DATA: join(folder, 'data'), BUCLE_PORT: String(port), BUCLE_LOG_LEVEL: 'error' },
    cwd: folder,
    url: `http://127.0.0.1:${port}`,
    ready: '/health',
  });
}
