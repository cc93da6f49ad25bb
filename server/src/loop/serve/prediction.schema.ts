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
  key: Nullable(Type.String({ description: 'What the request is about: the declared key of its first row.' })),
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

/** @throws SERVE_ROW_NOT_FOUND, SERVE_PREDICTION_ERASED */
export function toPredictionResponse(capture: Capture, { row }: PredictionKey): Static<typeof Prediction> {
  return {
    ...toRequest(capture),
    rows: (row === null ? remainingRows(capture) : [row]).map((at) => toRow(capture, at)),
  };
}

export function toPredictionPage(captures: readonly Capture[], limit: number): Static<typeof PredictionPage> {
  return {
    predictions: captures.map((capture) => {
      const [first] = remainingRows(capture);
      return { ...toRequest(capture), first_row: first === undefined ? null : toRow(capture, first) };
    }),
    next: captures.length < limit ? null : (captures.at(-1)?.id ?? null),
  };
}

function remainingRows({ outputs, erased = [] }: Capture): number[] {
  return [...outputs.keys()].filter((row) => !erased.includes(row));
}

function toRequest(capture: Capture) {
  const { id, endpoint, deployment, version, received_at, event_time, key, protocol, caller, queue_us, compute_us } =
    capture;
  return {
    ...{
      ref: predictionRef({ id, row: null }),
      id,
      endpoint,
      deployment,
      version,
      received_at,
      event_time,
      key,
      protocol,
    },
    ...{ caller, queue_us, compute_us, row_count: countRows(capture) },
  };
}

function toRow(capture: Capture, row: number): Static<typeof PredictedRow> {
  return { ref: predictionRef({ id: capture.id, row }), ...rowOf(capture, row) };
}
