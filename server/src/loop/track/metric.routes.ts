import type { Context } from '../../context.ts';
import { type History, historyJson } from './history-json.ts';
import { listPoints } from './metric.store.ts';
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
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      if (last === undefined) return historyJson([{ key: metric_key, points: rows }]);
      rows.pop();
      const token = encodePageToken([last.timestamp, last.step, last.value, last.is_nan], query);
      return historyJson([{ key: metric_key, points: rows }], token);
    },
  });
  add({
    method: 'GET',
    path: 'metrics/get-history-bulk',
    request: { run_id: list(text()), metric_key: text(), max_results: integer() },
    async handle({ run_id: runs, metric_key: key, max_results = MOST_POINTS }) {
      if (runs.length === 0) throw invalidParameter('GetMetricHistoryBulk request must specify at least one run_id.');
      checkRuns(runs, 'GetMetricHistoryBulk request cannot specify more than');
      if (key === undefined) throw invalidParameter('GetMetricHistoryBulk request must specify a metric_key.');
      let left = Math.min(positive(max_results), MOST_POINTS);
      const histories: History[] = [];
      for (const run of [...new Set(runs)].sort()) {
        const points = await listPoints(db.scan, { run, key, after: null, limit: left });
        histories.push({ run, key, points });
        left -= points.length;
        if (left === 0) break;
      }
      return historyJson(histories);
    },
  });
  intervalOperation(add, { db });
}

function intervalOperation(add: AddOperation, { db }: Parts): void {
  add({
    method: 'GET',
    path: 'metrics/get-history-bulk-interval',
    request: {
      run_ids: required(list(text())),
      metric_key: required(text()),
      start_step: integer(),
      end_step: integer(),
      max_results: integer(),
    },
    async handle({ run_ids: runs, metric_key: key, start_step, end_step, max_results: limit = MOST_SAMPLES }) {
      checkRuns(runs, 'GetMetricHistoryBulkInterval request must specify at most');
      if (limit < 1 || limit > MOST_SAMPLES) {
        throw invalidParameter(`max_results must be between 1 and ${MOST_SAMPLES}.`);
      }
      const steps = stepRange(start_step, end_step);
      const histories: History[] = [];
      for (const run of [...new Set(runs)]) {
        histories.push({ run, key, points: await sampleHistory({ db }, { run, key, steps, limit }) });
      }
      return historyJson(histories);
    },
  });
}

/** Null for all. @throws INVALID_PARAMETER_VALUE */
function stepRange(start: number | undefined, end: number | undefined) {
  if (start === undefined && end === undefined) return null;
  if (start === undefined || end === undefined) {
    throw invalidParameter('If either start step or end step are specified, both must be specified.');
  }
  if (start <= end) return { start, end };
  throw invalidParameter(`end_step must be greater than start_step. Found start_step=${start} and end_step=${end}.`);
}

function checkRuns(runs: readonly string[], refusal: string): void {
  if (runs.length <= MOST_RUNS) return;
  throw invalidParameter(`${refusal} ${MOST_RUNS} run_ids. Received ${runs.length} run_ids.`);
}

function positive(value: number): number {
  return checkMaxResults(value, Number.MAX_SAFE_INTEGER);
}
