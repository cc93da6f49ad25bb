import type { Context } from '../../context.ts';
import { listPoints, toPoint } from './metric.store.ts';
import {
  type AddOperation,
  checkMaxResults,
  decodePageToken,
  encodePageToken,
  integer,
  invalidParameter,
  list,
  required,
  text,
} from './mlflow-protocol/index.ts';
import { runId } from './run.routes.ts';
import { sampleHistory } from './sample-history.ts';

type Parts = Pick<Context, 'db'>;

const MOST_POINTS = 25_000;
const MOST_SAMPLES = 2_500;
const MOST_RUNS = 100;

export function metricOperations(add: AddOperation, { db }: Parts): void {
  add({
    method: 'GET',
    path: 'metrics/get-history',
    request: { run_id: runId, metric_key: required(text()), max_results: integer(), page_token: text() },
    async handle({ run_id, metric_key, max_results, page_token }) {
      // Absent or 0 means all; even so an answer has an end, and its token leads on.
      const limit = Math.min(
        max_results === undefined || max_results === 0 ? MOST_POINTS : positive(max_results),
        MOST_POINTS,
      );
      const query = ['history', run_id, metric_key];
      const after = decodePageToken(page_token, query);
      const rows = await listPoints(db.scan, { run: run_id, key: metric_key, after, limit: limit + 1 });
      const page = rows.slice(0, limit);
      const last = rows.length > limit ? page.at(-1) : undefined;
      const position = last && [last.timestamp, last.step, last.value, last.is_nan];
      return { metrics: page.map(toPoint), next_page_token: position && encodePageToken(position, query) };
    },
  });
  add({
    method: 'GET',
    path: 'metrics/get-history-bulk',
    request: { run_id: list(text()), metric_key: required(text()), max_results: integer() },
    async handle({ run_id: runs, metric_key: key, max_results = MOST_POINTS }) {
      checkRuns(runs, 'run_id');
      const limit = Math.min(positive(max_results), MOST_POINTS);
      const metrics: object[] = [];
      for (const run of [...new Set(runs)].sort()) {
        const rows = await listPoints(db.scan, { run, key, after: null, limit: limit - metrics.length });
        metrics.push(...rows.map((row) => ({ ...toPoint(row), run_id: run })));
        if (metrics.length >= limit) break;
      }
      return { metrics };
    },
  });
  add({
    method: 'GET',
    path: 'metrics/get-history-bulk-interval',
    request: {
      run_ids: list(text()),
      metric_key: required(text()),
      start_step: integer(),
      end_step: integer(),
      max_results: integer(),
    },
    async handle({ run_ids: runs, metric_key: key, start_step, end_step, max_results = MOST_SAMPLES }) {
      checkRuns(runs, 'run_ids');
      if ((start_step === undefined) !== (end_step === undefined)) {
        throw invalidParameter('If either start step or end step are specified, both must be specified.');
      }
      const limit = checkMaxResults(max_results, MOST_SAMPLES);
      const steps = start_step === undefined || end_step === undefined ? null : { start: start_step, end: end_step };
      const metrics: object[] = [];
      for (const run of [...new Set(runs)]) {
        const points = await sampleHistory({ db }, { run, key, steps, limit });
        metrics.push(...points.map((point) => ({ ...point, run_id: run })));
      }
      return { metrics };
    },
  });
}

function checkRuns(runs: readonly string[], parameter: string): void {
  if (runs.length === 0) throw invalidParameter(`The request must specify at least one value of '${parameter}'.`);
  if (runs.length > MOST_RUNS) {
    throw invalidParameter(`The request can name at most ${MOST_RUNS} values of '${parameter}'. Got ${runs.length}.`);
  }
}

function positive(value: number): number {
  return checkMaxResults(value, Number.MAX_SAFE_INTEGER);
}
