import { ApiError, type Client } from '@bucle/client';
import { traceErrors } from './errors.ts';

/** MLflow's own shapes, as far as the command line shows them. */
export interface TraceInfo {
  readonly trace_id: string;
  readonly trace_location?: { readonly mlflow_experiment?: { readonly experiment_id?: string } };
  readonly request_time?: string;
  readonly execution_duration?: string;
  readonly state?: string;
  readonly request_preview?: string;
  readonly response_preview?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly trace_metadata?: Readonly<Record<string, string>>;
  readonly assessments?: readonly Assessment[];
}

export interface Assessment {
  readonly assessment_name: string;
  readonly feedback?: { readonly value?: unknown };
  readonly expectation?: { readonly value?: unknown; readonly serialized_value?: { readonly value?: string } };
  readonly source?: { readonly source_type?: string; readonly source_id?: string };
  readonly rationale?: string;
  readonly valid?: boolean;
}

export interface Span {
  readonly span_id: string;
  readonly parent_span_id?: string;
  readonly name?: string;
  readonly start_time_unix_nano?: number;
  readonly end_time_unix_nano?: number;
  readonly status?: { readonly code?: string; readonly message?: string };
  readonly attributes?: readonly { readonly key: string; readonly value: { readonly string_value?: string } }[];
}

export interface WholeTrace {
  readonly trace_info: TraceInfo;
  readonly spans?: readonly Span[];
}

interface Parts {
  readonly client: Client;
  readonly signal: AbortSignal;
}

const ROOT = '/api/3.0/mlflow/traces';
const PAGE = 500;

export interface TraceSearch {
  readonly experiments: readonly string[];
  readonly filter: string | undefined;
  readonly orderBy: readonly string[] | undefined;
  readonly limit: number;
}

/** The newest first, unless another order is asked for. */
export async function searchTraces(
  { client, signal }: Parts,
  { experiments, filter, orderBy, limit }: TraceSearch,
): Promise<{ readonly traces: TraceInfo[]; readonly more: boolean }> {
  const traces: TraceInfo[] = [];
  const locations = experiments.map((experiment_id) => ({
    type: 'MLFLOW_EXPERIMENT',
    mlflow_experiment: { experiment_id },
  }));
  for (let token: string | undefined; ; ) {
    const max_results = Math.min(PAGE, limit - traces.length);
    const json = { locations, filter: filter ?? '', order_by: orderBy ?? [], max_results, page_token: token ?? '' };
    const page: { traces?: TraceInfo[]; next_page_token?: string } = await client.request('POST', `${ROOT}/search`, {
      json,
      signal,
    });
    traces.push(...(page.traces ?? []));
    token = page.next_page_token;
    if (!token || traces.length >= limit) return { traces, more: Boolean(token) };
  }
}

/** With the spans that are there. @throws CLI_NO_SUCH_TRACE */
export async function getTrace({ client, signal }: Parts, id: string): Promise<WholeTrace> {
  try {
    const query = { trace_id: id, allow_partial: 'true' };
    return (await client.request<{ trace: WholeTrace }>('GET', `${ROOT}/get`, { query, signal })).trace;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) throw traceErrors.NO_SUCH_TRACE({ id });
    throw error;
  }
}

export function nameOf({ tags }: TraceInfo): string | null {
  return tags?.['mlflow.traceName'] ?? null;
}

export function runOf({ trace_metadata }: TraceInfo): string | null {
  return trace_metadata?.['mlflow.sourceRun'] ?? null;
}

/** `1.250s` as milliseconds. */
export function durationOf({ execution_duration }: TraceInfo): number | null {
  const seconds = Number.parseFloat(execution_duration ?? '');
  return Number.isNaN(seconds) ? null : Math.round(seconds * 1_000);
}

/** `850 ms`, `1.25 s`, `3m 20s`. */
export function formatMilliseconds(milliseconds: number): string {
  if (milliseconds < 1_000)
    return `${milliseconds < 10 ? Number(milliseconds.toFixed(2)) : Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(2)} s`;
  return `${Math.floor(milliseconds / 60_000)}m ${Math.round((milliseconds % 60_000) / 1_000)}s`;
}
