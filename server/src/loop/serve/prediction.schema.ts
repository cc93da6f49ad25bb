import { type Static, Type } from 'typebox';
import type { Capture } from './capture/capture.ts';
import { countRows, type PredictionKey, predictionRef, rowOf } from './prediction.ts';

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

export const PredictionParams = Type.Object({ id: Type.String({ maxLength: 200 }) });

export const PredictionQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 20 }),
    before: Type.Optional(Type.String({ maxLength: 200, description: 'Id of a request; only older ones are listed.' })),
  },
  { additionalProperties: false },
);

const PredictedRow = Type.Object({
  ref: Type.String({ description: '`prediction:ID.k`' }),
  row: Type.Integer(),
  features: Type.Unknown({ description: 'By name when the input had names. NaN and infinities are words.' }),
  output: Type.Unknown(),
});

const request = {
  ref: Type.String({ description: '`prediction:ID`' }),
  id: Type.String(),
  endpoint: Type.String(),
  deployment: Type.String(),
  version: Type.String({ description: '`version:flights/3`' }),
  received_at: Type.Integer({ description: 'Milliseconds since the epoch, the clock of the gateway.' }),
  event_time: Type.Integer({ description: 'When it happened in the world of the users.' }),
  protocol: Type.Union([Type.Literal('mlflow'), Type.Literal('oip')]),
  caller: Nullable(Type.String()),
  queue_us: Type.Number({ description: 'Microseconds in the queue.' }),
  compute_us: Type.Number({ description: 'Microseconds in the model.' }),
  row_count: Type.Integer(),
};

export const Prediction = Type.Object({ ...request, rows: Type.Array(PredictedRow) });

export const PredictionPage = Type.Object({
  predictions: Type.Array(Type.Object({ ...request, first_row: Nullable(PredictedRow) })),
  next: Nullable(Type.String({ description: 'What to pass as `before` for older ones; null at the end.' })),
});

/** @throws SERVE_ROW_NOT_FOUND */
export function toPredictionResponse(capture: Capture, { row }: PredictionKey): Static<typeof Prediction> {
  const rows = row === null ? capture.outputs.map((_output, index) => index) : [row];
  return { ...toRequest(capture), rows: rows.map((index) => toRow(capture, index)) };
}

export function toPredictionPage(captures: readonly Capture[], limit: number): Static<typeof PredictionPage> {
  return {
    predictions: captures.map((capture) => ({
      ...toRequest(capture),
      first_row: countRows(capture) === 0 ? null : toRow(capture, 0),
    })),
    next: captures.length < limit ? null : (captures.at(-1)?.id ?? null),
  };
}

function toRequest(capture: Capture) {
  const { id, endpoint, deployment, version, received_at, event_time, protocol, caller, queue_us, compute_us } =
    capture;
  return {
    ...{ ref: predictionRef({ id, row: null }), id, endpoint, deployment, version, received_at, event_time, protocol },
    ...{ caller, queue_us, compute_us, row_count: countRows(capture) },
  };
}

function toRow(capture: Capture, row: number): Static<typeof PredictedRow> {
  return { ref: predictionRef({ id: capture.id, row }), ...rowOf(capture, row) };
}
