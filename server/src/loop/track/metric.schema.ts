import { Type } from 'typebox';

const Value = Type.Union([Type.Number(), Type.Null()], { description: 'Null stands for NaN.' });
const Place = Type.Object({
  step: Type.Integer(),
  timestamp: Type.Integer({ description: 'Milliseconds since the epoch.' }),
  value: Value,
});
const Extreme = Type.Union([Type.Object({ value: Type.Number(), step: Type.Integer() }), Type.Null()], {
  description: 'The value, and the first step that has it; null when all points are NaN.',
});

export const MetricSummary = Type.Object({
  key: Type.String(),
  count: Type.Integer({ description: 'Points, NaN included.' }),
  nans: Type.Integer(),
  first: Place,
  latest: Place,
  min: Extreme,
  max: Extreme,
});

export const MetricSummaries = Type.Object({ metrics: Type.Array(MetricSummary) });

export const RunParams = Type.Object({ run: Type.String({ minLength: 1, maxLength: 256 }) });

export const MetricParams = Type.Object({
  run: Type.String({ minLength: 1, maxLength: 256 }),
  key: Type.String({ minLength: 1, maxLength: 1_000, description: 'A slash in it is written as %2F.' }),
});

const Bound = Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER });

export const ChartQuery = Type.Object({
  x: Type.Optional(Type.Union([Type.Literal('step'), Type.Literal('time')], { default: 'step' })),
  from: Type.Optional(Bound),
  to: Type.Optional(Bound),
  buckets: Type.Optional(Type.Integer({ minimum: 1, maximum: 5_000, default: 500 })),
});

const Bucket = Type.Object({
  start: Type.Integer({ description: 'Step, or milliseconds since the epoch, of its first point.' }),
  end: Type.Integer(),
  first: Value,
  last: Value,
  min: Value,
  max: Value,
  mean: Value,
  count: Type.Integer({ description: 'Points, NaN included.' }),
  nans: Type.Integer(),
});

export const MetricChart = Type.Object({
  run: Type.String(),
  key: Type.String(),
  x: Type.Union([Type.Literal('step'), Type.Literal('time')]),
  total: Type.Integer({ description: 'Points between `from` and `to`, all of which the buckets stand for.' }),
  buckets: Type.Array(Bucket, { description: 'In order; single points where there are no more than were asked for.' }),
});
