import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../../../context.ts';
import type { Db } from '../../../database.ts';
import { mlflowError } from '../mlflow-protocol/index.ts';
import { listSpanContents } from './span.store.ts';
import { toSpanJson } from './span.ts';
import { findTraceRows, withTraceDetails } from './trace.store.ts';
import { IN_STORE, SIZE_METADATA, SPANS_TAG, type TraceDetail, toTraceJson } from './trace.ts';

/** A trace and its spans, the root first; `contents` as they are kept. */
export interface WholeTrace {
  readonly trace: TraceDetail;
  readonly contents: readonly string[];
}

type Parts = Pick<Context, 'db'>;

/** Clients report spans and their end at about the same time. */
const WAITS_MS = [50, 100, 200, 400, 800, 1_400];

/**
 * @param allowPartial answers the spans that are there; else waits some seconds for those that the client counted
 * @throws RESOURCE_DOES_NOT_EXIST for none, and for one whose spans did not all come; BAD_REQUEST where the spans are files
 */
export async function readTrace({ db }: Parts, id: string, allowPartial: boolean): Promise<WholeTrace> {
  for (const wait of [...WAITS_MS, 0]) {
    const [whole] = await loadTraces(db.scan, [id]);
    if (whole === undefined)
      throw mlflowError('RESOURCE_DOES_NOT_EXIST', `Trace with ID ${id.slice(0, 300)} is not found.`);
    if (!hasSpansHere(whole.trace)) throw mlflowError('BAD_REQUEST', 'Trace data not stored in tracking store');
    if (allowPartial || isComplete(whole)) return whole;
    if (wait > 0) await sleep(wait);
  }
  throw mlflowError(
    'RESOURCE_DOES_NOT_EXIST',
    `Trace with ID ${id.slice(0, 300)} is not fully exported yet, please try again later.`,
  );
}

/** Those that are there and complete, in the order of `ids`. */
export async function readCompleteTraces({ db }: Parts, ids: readonly string[]): Promise<WholeTrace[]> {
  return (await loadTraces(db.scan, ids)).filter((one) => hasSpansHere(one.trace) && isComplete(one));
}

/** Those that are there, in the order of `ids`. */
export async function readTraceInfos(db: Db, ids: readonly string[]): Promise<TraceDetail[]> {
  const unique = [...new Set(ids)];
  const rows = new Map((await findTraceRows(db, unique)).map((row) => [row.id, row]));
  return withTraceDetails(
    db,
    unique.flatMap((id) => rows.get(id) ?? []),
  );
}

/** MLflow's Trace. */
export function toWholeJson({ trace, contents }: WholeTrace) {
  return { trace_info: toTraceJson(trace), spans: contents.map(toSpanJson) };
}

async function loadTraces(db: Db, ids: readonly string[]): Promise<WholeTrace[]> {
  const traces = await readTraceInfos(db, ids);
  const contents = await listSpanContents(
    db,
    traces.map(({ id }) => id),
  );
  return traces.map((trace) => ({ trace, contents: contents.get(trace.id) ?? [] }));
}

/** Older clients keep spans in a file beside the trace. */
export function hasSpansHere({ tags }: TraceDetail): boolean {
  return tags.some(({ key, value }) => key === SPANS_TAG && value === IN_STORE);
}

function isComplete({ trace, contents }: WholeTrace): boolean {
  return contents.length > 0 && contents.length >= expectedSpans(trace);
}

function expectedSpans({ metadata }: TraceDetail): number {
  const stats = metadata.find(({ key }) => key === SIZE_METADATA)?.value;
  try {
    const count: unknown = (JSON.parse(stats ?? '{}') as { num_spans?: unknown } | null)?.num_spans;
    return typeof count === 'number' ? count : 0;
  } catch {
    return 0;
  }
}
