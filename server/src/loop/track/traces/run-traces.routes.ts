import type { Context } from '../../../context.ts';
import type { App } from '../../../platform/http/create-http.ts';
import { trackErrors } from '../errors.ts';
import { findRunRow } from '../run.store.ts';
import { RunParams, RunTracesPage, RunTracesQuery, toTraceItem } from './run-traces.schema.ts';
import { listTracesOfRun } from './run-traces.store.ts';
import { countSpans } from './span.store.ts';

/** Bucle's own view of the traces of a run: those that it made, and those that were linked to it. */
export function runTracesRoutes(app: App, { db }: Pick<Context, 'db'>): void {
  app.get(
    '/api/v1/runs/:run/traces',
    {
      schema: {
        tags: ['runs'],
        operationId: 'listRunTraces',
        summary: 'Traces that a run made, and those that were linked to it.',
        params: RunParams,
        querystring: RunTracesQuery,
        response: { 200: RunTracesPage },
      },
    },
    async ({ params: { run }, query: { limit, after } }) => {
      if (!(await findRunRow(db.read, run))) throw trackErrors.RUN_NOT_FOUND({ run });
      const [timestamp = '', ...id] = after === undefined ? [] : after.split(':');
      const from = after === undefined ? null : { timestamp: Number(timestamp), id: id.join(':') };
      const found = await listTracesOfRun(db.scan, run, { after: from, limit: limit + 1 });
      const traces = found.slice(0, limit);
      const last = found.length > limit ? traces.at(-1) : undefined;
      const counts = await countSpans(
        db.scan,
        traces.map(({ id: trace }) => trace),
      );
      return {
        traces: traces.map((trace) => toTraceItem(trace, counts.get(trace.id) ?? 0)),
        next: last === undefined ? null : `${last.startedAt}:${last.id}`,
      };
    },
  );
}
