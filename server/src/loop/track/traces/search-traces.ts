import type { Context } from '../../../context.ts';
import { parseExperimentId } from '../experiment.ts';
import { decodePageToken, encodePageToken } from '../mlflow-protocol/index.ts';
import { withTraceDetails } from './trace.store.ts';
import type { TraceDetail } from './trace.ts';
import { searchTraceRows } from './trace-search.store.ts';
import { parseTraceFilter, parseTraceOrder } from './trace-search.ts';

export interface TraceQuery {
  readonly experiments: readonly string[];
  readonly filter: string | undefined;
  readonly orderBy: readonly string[];
  readonly limit: number;
  readonly pageToken: string | undefined;
}

export interface TracePage {
  readonly traces: readonly TraceDetail[];
  /** Undefined on the last page. */
  readonly nextPageToken: string | undefined;
}

/** The newest first, unless another order is asked for. @throws INVALID_PARAMETER_VALUE */
export async function searchTraces({ db }: Pick<Context, 'db'>, query: TraceQuery): Promise<TracePage> {
  const { filter, orderBy, limit } = query;
  const search = {
    experiments: query.experiments.map(parseExperimentId),
    conditions: parseTraceFilter(filter),
    order: parseTraceOrder(orderBy),
  };
  const known = ['traces', query.experiments, filter ?? '', orderBy];
  const after = decodePageToken(query.pageToken, known);
  const found = await searchTraceRows(db.scan, db.dialect, search, { after, limit: limit + 1 });
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  return {
    traces: await withTraceDetails(
      db.scan,
      page.map(({ trace }) => trace),
    ),
    nextPageToken: last && encodePageToken(last.position, known),
  };
}
