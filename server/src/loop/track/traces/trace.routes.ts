import type { Context } from '../../../context.ts';
import { parseExperimentId } from '../experiment.ts';
import {
  type AddOperation,
  checkMaxResults,
  flag,
  integer,
  invalidParameter,
  invalidValue,
  list,
  message,
  mlflowError,
  required,
  text,
} from '../mlflow-protocol/index.ts';
import { deleteTraces } from './delete-traces.ts';
import { readCompleteTraces, readTrace, readTraceInfos, toWholeJson } from './read-traces.ts';
import { searchTraces } from './search-traces.ts';
import { toTraceJson } from './trace.ts';

type Parts = Pick<Context, 'db'>;

const traceId = required(text());
const USUAL = 100;
const MOST = 500;
/** Whole traces in one answer. */
const MOST_WHOLE = 1_000;

export function traceOperations(add: AddOperation, parts: Parts): void {
  readOperations(add, parts);
  batchOperations(add, parts);
  searchOperation(add, parts);
  deleteOperation(add, parts);
}

function readOperations(add: AddOperation, parts: Parts): void {
  add({
    method: 'GET',
    path: 'traces/:trace_id',
    request: { trace_id: traceId },
    async handle({ trace_id }) {
      const [trace] = await readTraceInfos(parts.db.read, [trace_id]);
      if (trace) return { trace: { trace_info: toTraceJson(trace) } };
      throw mlflowError('RESOURCE_DOES_NOT_EXIST', `Trace with ID '${trace_id.slice(0, 300)}' not found.`);
    },
  });
  add({
    method: 'GET',
    path: 'traces/get',
    request: { trace_id: traceId, allow_partial: flag() },
    handle: async ({ trace_id, allow_partial }) => ({
      trace: toWholeJson(await readTrace(parts, trace_id, allow_partial === true)),
    }),
  });
}

function batchOperations(add: AddOperation, parts: Parts): void {
  const request = { trace_ids: required(list(text(), MOST_WHOLE)), experiment_ids: list(text()) };
  add({
    method: 'GET',
    path: 'traces/batchGet',
    request,
    async handle({ trace_ids, experiment_ids }) {
      const traces = await readCompleteTraces(parts, trace_ids);
      return { traces: traces.filter(({ trace }) => isIn(trace, experiment_ids)).map(toWholeJson) };
    },
  });
  add({
    method: 'POST',
    path: 'traces/batchGetInfos',
    scope: 'read',
    request: { ...request, trace_ids: required(list(text())) },
    async handle({ trace_ids, experiment_ids }) {
      const traces = await readTraceInfos(parts.db.scan, trace_ids);
      return { trace_infos: traces.filter((trace) => isIn(trace, experiment_ids)).map(toTraceJson) };
    },
  });
}

/** No experiments named: all of them. */
function isIn({ experiment }: { readonly experiment: number }, ids: readonly string[]): boolean {
  return ids.length === 0 || ids.map(parseExperimentId).includes(experiment);
}

function searchOperation(add: AddOperation, parts: Parts): void {
  add({
    method: 'POST',
    path: 'traces/search',
    scope: 'read',
    request: {
      locations: required(list(message({ mlflow_experiment: message({ experiment_id: text() }) }))),
      filter: text(),
      max_results: integer(),
      order_by: list(text()),
      page_token: text(),
    },
    async handle({ locations, filter, max_results = USUAL, order_by, page_token }) {
      if (max_results > MOST) throw invalidValue(max_results, 'max_results');
      const { traces, nextPageToken } = await searchTraces(parts, {
        experiments: locations.flatMap(({ mlflow_experiment }) => mlflow_experiment?.experiment_id ?? []),
        ...{ filter, orderBy: order_by, limit: checkMaxResults(max_results, MOST), pageToken: page_token },
      });
      return { traces: traces.map(toTraceJson), next_page_token: nextPageToken };
    },
  });
}

function deleteOperation(add: AddOperation, parts: Parts): void {
  add({
    method: 'POST',
    path: 'traces/delete-traces',
    request: {
      experiment_id: required(text()),
      max_timestamp_millis: integer(),
      max_traces: integer(),
      request_ids: list(text()),
    },
    async handle({ experiment_id, max_timestamp_millis: until, max_traces, request_ids }) {
      checkSelection(until, max_traces, request_ids);
      const traces_deleted = await deleteTraces(parts, {
        experiment: parseExperimentId(experiment_id),
        until,
        ids: request_ids.length === 0 ? undefined : request_ids,
        limit: max_traces ?? Number.MAX_SAFE_INTEGER,
      });
      return { traces_deleted };
    },
  });
}

function checkSelection(until: number | undefined, most: number | undefined, ids: readonly string[]): void {
  if (until === undefined && ids.length === 0) {
    throw invalidParameter('Either `max_timestamp_millis` or `trace_ids` must be specified.');
  }
  if (until !== undefined && ids.length > 0) {
    throw invalidParameter('Only one of `max_timestamp_millis` and `trace_ids` can be specified.');
  }
  if (ids.length > 0 && most !== undefined) {
    throw invalidParameter("`max_traces` can't be specified if `trace_ids` is specified.");
  }
  if (most !== undefined && most <= 0) {
    throw invalidParameter(`\`max_traces\` must be a positive integer, received ${most}.`);
  }
}
