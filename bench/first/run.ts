import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bucle, type Place, run } from '../../scripts/bucle-command.ts';
import { runLoad } from '../load.ts';
import { freePort, type Peer, startPeer } from '../peer.ts';
import { usageOf } from '../process-tree.ts';

// Start time, idle memory, log_metric per second and the CPU of one-row predictions, beside MLflow's own servers.
const root = fileURLToPath(new URL('../../', import.meta.url));
const python = join(root, '.setup', 'python', 'bin');
const modelScript = fileURLToPath(new URL('./model.py', import.meta.url));
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const METRICS = 600;
const PREDICTIONS = 1_000;
const row = JSON.stringify({
  dataframe_records: [Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`x${i}`, 0.25 * i]))],
});

interface Figures {
  start: number[];
  memory: number[];
  one: number[];
  many: number[];
  metricCpu: number[];
}
const empty = (): Figures => ({ start: [], memory: [], one: [], many: [], metricCpu: [] });

const scratch = await mkdtemp(join(tmpdir(), 'bucle-bench-'));
try {
  const [mlflow, ours] = [empty(), empty()];
  for (let round = 0; round < ROUNDS; round += 1) {
    await measureTracking(mlflow, await startMlflow(join(scratch, `mlflow-${round}`)));
    await measureTracking(ours, (await startBucle(join(scratch, `bucle-${round}`))).peer);
    process.stderr.write(`tracking, round ${round + 1} of ${ROUNDS}\n`);
  }
  const predictions = await measurePredictions(scratch);
  report(mlflow, ours, predictions);
} finally {
  await rm(scratch, { recursive: true, force: true });
}

async function startMlflow(folder: string): Promise<Peer> {
  const port = await freePort();
  const args = ['server', '--host', '127.0.0.1', '--port', String(port)];
  const stores = ['--backend-store-uri', `sqlite:///${folder}.db`, '--artifacts-destination', `${folder}-artifacts`];
  const url = `http://127.0.0.1:${port}`;
  return startPeer({
    command: join(python, 'mlflow'),
    args: [...args, ...stores],
    cwd: scratch,
    url,
    ready: '/health',
  });
}

async function startBucle(data: string): Promise<{ peer: Peer; place: Place }> {
  const [port, gatewayPort] = [await freePort(), await freePort()];
  const env = { BUCLE_DATA: data, BUCLE_PORT: String(port), BUCLE_GATEWAY_PORT: String(gatewayPort) };
  const url = `http://127.0.0.1:${port}`;
  const place: Place = { data, serverUrl: url, gatewayUrl: `http://127.0.0.1:${gatewayPort}`, env };
  const main = join(root, 'server', 'src', 'cli', 'main.ts');
  const args = ['-C', '@bucle/source', main, 'up'];
  const peer = await startPeer({ command: process.execPath, args, env, cwd: scratch, url, ready: '/health' });
  // Server and gateway are siblings of `up`, in groups of their own.
  const up = {
    ...peer,
    async [Symbol.asyncDispose]() {
      await bucle(place, ['down'], { allow: [1, 5] });
      await peer[Symbol.asyncDispose]();
    },
  };
  return { peer: { ...up, pids: [...peer.pids, ...(await rolePids(place))] }, place };
}

async function rolePids(place: Place): Promise<number[]> {
  const { readFile } = await import('node:fs/promises');
  const pids: number[] = [];
  for (const role of ['server', 'gateway']) {
    const text = await readFile(join(place.data, 'processes', `${role}.json`), 'utf8');
    pids.push((JSON.parse(text) as { pid: number }).pid);
  }
  return pids;
}

async function measureTracking(figures: Figures, peer: Peer): Promise<void> {
  await using server = peer;
  figures.start.push(server.startSeconds);
  await sleep(5_000);
  figures.memory.push(usageOf(server.pids).megabytes);
  const runId = await createRun(server.url);
  const url = `${server.url}/api/2.0/mlflow/runs/log-metric`;
  const body = (n: number) =>
    JSON.stringify({ run_id: runId, key: 'loss', value: 1 / (n + 1), timestamp: Date.now(), step: n });
  await runLoad({ url, connections: 8, requests: 200, body });
  const before = usageOf(server.pids).cpuSeconds;
  figures.one.push((await runLoad({ url, connections: 1, requests: METRICS, body: (n) => body(n + 1_000) })).perSecond);
  figures.many.push(
    (await runLoad({ url, connections: 16, requests: METRICS, body: (n) => body(n + 9_000) })).perSecond,
  );
  figures.metricCpu.push(((usageOf(server.pids).cpuSeconds - before) / (2 * METRICS)) * 1e6);
}

async function createRun(url: string): Promise<string> {
  const answer = await fetch(`${url}/api/2.0/mlflow/runs/create`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ experiment_id: '0', start_time: Date.now() }),
  });
  const { run: created } = (await answer.json()) as { run: { info: { run_id: string } } };
  return created.info.run_id;
}

interface Answers {
  readonly cpuMicros: number;
  readonly median: number;
  readonly megabytes: number;
}

async function measurePredictions(folder: string): Promise<Record<'mlflow' | 'onnx' | 'python', Answers>> {
  const saved = join(folder, 'model');
  await run(join(python, 'python'), [modelScript, saved]);
  const port = await freePort();
  const args = ['models', 'serve', '-m', saved, '--env-manager', 'local', '--host', '127.0.0.1', '-p', String(port)];
  const url = `http://127.0.0.1:${port}`;
  const peer = {
    command: join(python, 'mlflow'),
    args,
    env: { PATH: `${python}:${process.env['PATH']}` },
    cwd: folder,
    url,
    ready: '/ping',
  };
  process.stderr.write('predictions of mlflow models serve\n');
  const mlflow = await (async () => {
    await using server = await startPeer(peer);
    return await askOften(server.pids, `${url}/invocations`);
  })();
  process.stderr.write('predictions of Bucle\n');
  const { peer: started, place } = await startBucle(join(folder, 'bucle'));
  await using server = started;
  const told = await run(join(python, 'python'), [modelScript], { MLFLOW_TRACKING_URI: server.url });
  const logged = JSON.parse(told.split('\n').find((one) => one.startsWith('{"run"')) ?? '{}') as { run?: string };
  await bucle(place, ['models', 'register', `run:${logged.run}`, '--as', 'bench']);
  const answers: Partial<Record<'onnx' | 'python', Answers>> = {};
  for (const engine of ['onnx', 'python'] as const) {
    process.stderr.write(`deploying with the engine ${engine} (its environment is built the first time)\n`);
    await bucle(place, ['endpoints', 'deploy', `bench-${engine}`, 'bench/1', '--engine', engine]);
    const [, gateway = 0] = await rolePids(place);
    answers[engine] = await askOften([gateway], `${place.gatewayUrl}/endpoints/bench-${engine}/invocations`);
  }
  const { onnx, python: own } = answers;
  if (!onnx || !own) throw new Error('An engine was not measured.');
  return { mlflow, onnx, python: own };
}

async function askOften(pids: readonly number[], url: string): Promise<Answers> {
  await runLoad({ url, connections: 1, requests: 200, body: () => row });
  const before = usageOf(pids).cpuSeconds;
  const { median } = await runLoad({ url, connections: 1, requests: PREDICTIONS, body: () => row });
  const { cpuSeconds, megabytes } = usageOf(pids);
  return { cpuMicros: ((cpuSeconds - before) / PREDICTIONS) * 1e6, median, megabytes };
}

function report(mlflow: Figures, ours: Figures, predictions: Record<'mlflow' | 'onnx' | 'python', Answers>): void {
  const lines = [
    line('start to first answer, s', median(mlflow.start), median(ours.start), 'less'),
    line('idle memory, MB (all processes)', median(mlflow.memory), median(ours.memory), 'less'),
    line('log_metric per second, 1 connection', median(mlflow.one), median(ours.one), 'more'),
    line('log_metric per second, 16 connections', median(mlflow.many), median(ours.many), 'more'),
    line('log_metric, CPU µs', median(mlflow.metricCpu), median(ours.metricCpu), 'less'),
    line('one-row prediction, CPU µs, ONNX', predictions.mlflow.cpuMicros, predictions.onnx.cpuMicros, 'less'),
    line('one-row prediction, CPU µs, Python', predictions.mlflow.cpuMicros, predictions.python.cpuMicros, 'less'),
    line('one-row prediction, median ms, ONNX', predictions.mlflow.median, predictions.onnx.median, 'less'),
    line('one-row prediction, median ms, Python', predictions.mlflow.median, predictions.python.median, 'less'),
  ];
  const title = ['', 'MLflow', 'Bucle', 'better by'];
  const widths = [40, 10, 10, 10];
  const format = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('');
  process.stdout.write(`${[title, ...lines].map(format).join('\n')}\n`);
  process.stdout.write(
    `medians of ${ROUNDS} rounds in turn; the servers' defaults, SQLite and local disk on both sides\n`,
  );
}

function line(what: string, theirs: number, own: number, better: 'less' | 'more'): string[] {
  const ratio = better === 'less' ? theirs / own : own / theirs;
  const digits = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(2));
  return [what, digits(theirs), digits(own), `${ratio.toFixed(1)} ×`];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
