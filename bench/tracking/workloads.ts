import { createHash, randomBytes } from 'node:crypto';
import { runLoad } from '../load.ts';
import type { Peer } from '../peer.ts';
import { usageOf } from '../process-tree.ts';
import { call, eightAtATime, medianOf, post } from './api.ts';

/** What was measured of one server: name → number. Rates are per second, everything else milliseconds, MB or seconds. */
export type Figures = Record<string, number>;

const BATCH = 1_000;
const HISTORY = 25_000;
const ARTIFACT = 200 * 1024 * 1024;

/** Everything that both servers can be asked in reasonable time. `facts` must be equal for all contenders. */
export async function measure(peer: Peer): Promise<{ figures: Figures; facts: Record<string, string> }> {
  const figures: Figures = { 'start to first answer, s': peer.startSeconds };
  const facts: Record<string, string> = {};
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  figures['idle memory, MB'] = usageOf(peer.pids).megabytes;
  await measureMetrics(peer, figures);
  await measureHistory(peer.url, figures, facts);
  await measureSearch(peer.url, figures, facts);
  await measureArtifacts(peer.url, figures, facts);
  return { figures, facts };
}

export async function createRun(url: string, more: object = {}): Promise<string> {
  const { run } = await post<{ run: { info: { run_id: string } } }>(url, 'runs/create', {
    experiment_id: '0',
    start_time: 1_700_000_000_000,
    ...more,
  });
  return run.info.run_id;
}

async function measureMetrics({ url, pids }: Peer, figures: Figures): Promise<void> {
  const run_id = await createRun(url);
  const target = `${url}/api/2.0/mlflow/runs/log-metric`;
  const body = (n: number) => JSON.stringify({ run_id, key: 'loss', value: 1 / (n + 1), timestamp: n, step: n });
  await runLoad({ url: target, connections: 8, requests: 200, body });
  const cpu = usageOf(pids).cpuSeconds;
  figures['log_metric per second, 1 writer'] = (
    await runLoad({ url: target, connections: 1, requests: 600, body: (n) => body(n + 1_000) })
  ).perSecond;
  figures['log_metric per second, 8 writers'] = (
    await runLoad({ url: target, connections: 8, requests: 2_400, body: (n) => body(n + 10_000) })
  ).perSecond;
  figures['log_metric, CPU µs'] = ((usageOf(pids).cpuSeconds - cpu) / 3_000) * 1e6;
}

async function measureHistory(url: string, figures: Figures, facts: Record<string, string>): Promise<void> {
  const run_id = await createRun(url);
  const batches = HISTORY / BATCH;
  const batch = (n: number) =>
    JSON.stringify({
      run_id,
      metrics: Array.from({ length: BATCH }, (_, i) => {
        const step = n * BATCH + i;
        return { key: 'loss', value: Math.sin(step), timestamp: 1_700_000_000_000 + step, step };
      }),
    });
  const load = { url: `${url}/api/2.0/mlflow/runs/log-batch`, connections: 1, requests: batches, body: batch };
  figures['log_batch of 1,000 metrics, ms'] = (await runLoad(load)).median;
  const history = await medianOf(3, () =>
    call('GET', `${url}/api/2.0/mlflow/metrics/get-history?run_id=${run_id}&metric_key=loss&max_results=${HISTORY}`),
  );
  figures['history of 25,000 points, ms'] = history.milliseconds;
  const { metrics } = JSON.parse(history.bytes.toString()) as { metrics: { step?: number; value: number }[] };
  facts['history'] = fingerprint(metrics.map(({ step = 0, value }) => [step, value]));
  const chart = await medianOf(3, () =>
    call(
      'GET',
      `${url}/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids=${run_id}&metric_key=loss&max_results=320`,
    ),
  );
  figures['320 of 25,000 points, ms'] = chart.milliseconds;
}

/** Runs with 20 metrics, 20 params and 5 tags each. */
async function measureSearch(url: string, figures: Figures, facts: Record<string, string>): Promise<void> {
  const { experiment_id } = await post<{ experiment_id: string }>(url, 'experiments/create', { name: 'search' });
  const many = (count: number, make: (i: number) => object) => Array.from({ length: count }, (_, i) => make(i));
  await eightAtATime(500, async (n) => {
    const run_id = await createRun(url, { experiment_id, start_time: 1_700_000_000_000 + n, run_name: `run ${n}` });
    await post(url, 'runs/log-batch', {
      run_id,
      metrics: many(20, (i) => ({ key: `m${i}`, value: (n * 7 + i) % 101, timestamp: 1, step: 0 })),
      params: many(20, (i) => ({ key: `p${i}`, value: `${n * i}` })),
      tags: many(5, (i) => ({ key: `t${i}`, value: `${n % (i + 2)}` })),
    });
  });
  const search = (body: object) => () =>
    call('POST', `${url}/api/2.0/mlflow/runs/search`, JSON.stringify({ experiment_ids: [experiment_id], ...body }));
  const first = await medianOf(5, search({ max_results: 100 }));
  figures['search_runs of 100, ms'] = first.milliseconds;
  facts['search of 100'] = names(first.bytes);
  const all = await medianOf(3, search({ max_results: 500 }));
  figures['search_runs of 500, ms'] = all.milliseconds;
  facts['search of 500'] = names(all.bytes);
  const filter = "metrics.m3 > 50 and params.p1 != '7'";
  const filtered = await medianOf(5, search({ max_results: 100, filter, order_by: ['metrics.m5 DESC'] }));
  figures['two clauses and an order, ms'] = filtered.milliseconds;
  facts['two clauses and an order'] = `${(JSON.parse(filtered.bytes.toString()) as { runs: [] }).runs.length} runs`;
}

async function measureArtifacts(url: string, figures: Figures, facts: Record<string, string>): Promise<void> {
  const run = await createRun(url);
  const content = randomBytes(ARTIFACT);
  const target = `${url}/api/2.0/mlflow-artifacts/artifacts/0/${run}/artifacts/large.bin`;
  const put = await medianOf(2, () => call('PUT', target, content, 'application/octet-stream'));
  figures['artifact PUT, MB per second'] = ARTIFACT / 1e6 / (put.milliseconds / 1_000);
  const got = await medianOf(2, () => call('GET', target));
  figures['artifact GET, MB per second'] = ARTIFACT / 1e6 / (got.milliseconds / 1_000);
  facts['artifact'] = got.bytes.equals(content) ? 'the bytes that were sent' : 'other bytes';
}

function names(bytes: Buffer): string {
  const { runs } = JSON.parse(bytes.toString()) as {
    runs: { info: { run_name: string }; data: { metrics: []; params: []; tags: [] } }[];
  };
  return fingerprint(
    runs.map(({ info, data }) => [info.run_name, data.metrics.length, data.params.length, data.tags.length >= 5]),
  );
}

function fingerprint(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
