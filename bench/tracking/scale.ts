import { call, eightAtATime, medianOf, post } from './api.ts';
import { createRun, type Figures } from './workloads.ts';

/** What only a server made for it answers in reasonable time: 100,000 runs, and a metric of 1,000,000 points. */
export async function measureScale(url: string, runs: number, points: number): Promise<Figures> {
  return { ...(await measureManyRuns(url, runs)), ...(await measureLongMetric(url, points)) };
}

async function measureManyRuns(url: string, runs: number): Promise<Figures> {
  const { experiment_id } = await post<{ experiment_id: string }>(url, 'experiments/create', { name: 'many' });
  await eightAtATime(runs, async (n) => {
    const run_id = await createRun(url, { experiment_id, start_time: 1_700_000_000_000 + n, run_name: `run ${n}` });
    const metrics = ['a', 'b', 'c'].map((key, i) => ({ key, value: (n * (i + 3)) % 9_973, timestamp: 1, step: 0 }));
    await post(url, 'runs/log-batch', { run_id, metrics, params: [{ key: 'p', value: `${n % 10}` }] });
  });
  const page = (page_token: string | undefined) => () =>
    call(
      'POST',
      `${url}/api/2.0/mlflow/runs/search`,
      JSON.stringify({
        experiment_ids: [experiment_id],
        filter: 'metrics.a > 1000 and metrics.b < 9000',
        order_by: ['metrics.c DESC'],
        max_results: 200,
        page_token,
      }),
    );
  const figures: Figures = {};
  let token: string | undefined;
  for (let depth = 0; depth <= 200; depth += 1) {
    const isMeasured = [0, 10, 100, 200].includes(depth);
    const { milliseconds, bytes } = await (isMeasured
      ? medianOf(5, page(token))
      : page(token)().then((answer) => answer));
    if (isMeasured) figures[`page ${depth} of 200 runs among ${runs.toLocaleString('en')}, ms`] = milliseconds;
    token = (JSON.parse(bytes.toString()) as { next_page_token?: string }).next_page_token;
    if (token === undefined) break;
  }
  return figures;
}

async function measureLongMetric(url: string, points: number): Promise<Figures> {
  const run_id = await createRun(url);
  const began = performance.now();
  for (let from = 0; from < points; from += 1_000) {
    const metrics = Array.from({ length: 1_000 }, (_, i) => ({
      key: 'loss',
      value: Math.sin((from + i) / 500),
      timestamp: from + i,
      step: from + i,
    }));
    await post(url, 'runs/log-batch', { run_id, metrics });
  }
  const seconds = (performance.now() - began) / 1_000;
  const sampled = `${url}/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids=${run_id}&metric_key=loss`;
  const chart = await medianOf(5, () => call('GET', `${sampled}&max_results=2000`));
  return {
    [`points per second into a metric of ${points.toLocaleString('en')}`]: points / seconds,
    [`2,000 of ${points.toLocaleString('en')} points, ms`]: chart.milliseconds,
  };
}
