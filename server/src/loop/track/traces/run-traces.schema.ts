import { Type } from 'typebox';
import type { Trace } from './trace.ts';

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

export const RunParams = Type.Object({ run: Type.String({ pattern: '^[0-9a-zA-Z][0-9a-zA-Z_-]{0,255}$' }) });

export const RunTracesQuery = Type.Object({
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 50 }),
  after: Type.Optional(
    Type.String({ pattern: '^[0-9]{1,15}:[^\\u0000]{1,250}$', description: '`next` of the page before.' }),
  ),
});

const TraceItem = Type.Object({
  id: Type.String(),
  name: Nullable(Type.String()),
  experiment: Type.String(),
  state: Type.String({ description: 'OK, ERROR, IN_PROGRESS or STATE_UNSPECIFIED.' }),
  started_at: Type.Integer({ description: 'Milliseconds since the epoch.' }),
  duration_ms: Nullable(Type.Integer()),
  spans: Type.Integer({ description: 'How many are in the database.' }),
  session: Nullable(Type.String()),
  request: Nullable(Type.String({ description: 'The beginning of it.' })),
  response: Nullable(Type.String({ description: 'The beginning of it.' })),
  tokens: Nullable(Type.Integer({ description: 'Of input and output; null: nobody counted.' })),
  cost: Nullable(Type.Number({ description: 'US dollars.' })),
});

export const RunTracesPage = Type.Object({
  traces: Type.Array(TraceItem, { description: 'The newest first.' }),
  next: Nullable(Type.String({ description: 'Pass it as `after` to see more.' })),
});

export function toTraceItem(trace: Trace, spans: number) {
  return {
    ...{ id: trace.id, name: trace.name, experiment: String(trace.experiment), state: trace.state, spans },
    ...{ started_at: trace.startedAt, duration_ms: trace.durationMs, session: trace.session },
    request: trace.requestPreview,
    response: trace.responsePreview,
    tokens: trace.tokens.total_tokens ?? null,
    cost: trace.cost.total_cost ?? null,
  };
}
