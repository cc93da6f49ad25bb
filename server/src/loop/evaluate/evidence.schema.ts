import { type Static, Type } from 'typebox';
import { Metric, Nullable } from './gate.schema.ts';

const Count = Type.Integer({ minimum: 0 });
const Ref = Type.String();

export const MeasuredMetric = Type.Object({
  name: Metric,
  value: Nullable(Type.Number()),
  low: Nullable(Type.Number({ description: 'Of the 95 % interval.' })),
  high: Nullable(Type.Number()),
  method: Type.String({ description: 'How the interval was made.' }),
  rows: Count,
  higherIsBetter: Type.Boolean(),
});

/** On the very same rows; positive means that the candidate is better, whatever the metric. */
export const Gain = Type.Object({
  metric: Metric,
  candidate: Nullable(Type.Number()),
  champion: Nullable(Type.Number()),
  gain: Nullable(Type.Number()),
  low: Nullable(Type.Number({ description: 'Of the 95 % interval.' })),
  high: Nullable(Type.Number()),
  deviation: Nullable(Type.Number()),
  method: Type.String(),
  draws: Count,
  seed: Type.Integer(),
  blocks: Count,
  rows: Count,
});

export const Slice = Type.Object({
  column: Type.String(),
  value: Nullable(Type.String()),
  ...Gain.properties,
  /** Upper bound of the gain at a level that allows for the number of slices. */
  bound: Nullable(Type.Number()),
});

/** Rows of the dataset that the model's training data has too. */
export const Overlap = Type.Object({
  dataset: Ref,
  columns: Type.Array(Type.String()),
  rows: Count,
  shared: Count,
  examples: Type.Array(Type.String()),
});

/** Whether a model can be shown to have been trained on none of the rows. */
export const Disjointness = Type.Object({
  version: Ref,
  proven: Type.Boolean(),
  run: Nullable(Type.String()),
  training: Type.Array(Overlap),
  /** Data that the run names and this server does not hold. */
  unheld: Type.Array(Type.String()),
  reason: Type.String(),
});

export const ScoredModel = Type.Object({
  version: Ref,
  model: Type.String({ description: '`m-…`' }),
  model_digest: Type.String(),
  engine: Type.Union([Type.Literal('onnx'), Type.Literal('python')]),
  loader: Type.String(),
  /** Why it is not the engine that was hoped for. */
  engine_reason: Nullable(Type.String()),
  metrics: Type.Array(MeasuredMetric, { description: 'The first is the one of the gate.' }),
  /** Rows that it gave no usable answer for. */
  unanswered: Count,
  unanswered_reason: Nullable(Type.String()),
  micros_per_row: Nullable(Type.Number({ description: 'Median over the batches.' })),
  /** Of all its answers, in the order of the rows. */
  scores_sha256: Type.String(),
});

export const Evidence = Type.Object({
  dataset: Type.Object({ ref: Ref, id: Type.String(), rows: Count }),
  rows: Type.Object({
    compared: Count,
    unlabelled: Count,
    unanswered: Type.Integer({ description: 'By one of the models: they are compared on none of these.' }),
    days: Nullable(Count),
  }),
  seed: Type.Integer(),
  candidate: Nullable(ScoredModel),
  champion: Nullable(ScoredModel),
  difference: Nullable(Gain),
  guards: Type.Array(Gain),
  slices: Type.Array(Slice),
  /** Values of slice columns that have too few rows to be judged. */
  small_slices: Count,
  latency_ratio: Nullable(Type.Number({ description: 'Time per row, candidate by champion.' })),
  disjointness: Type.Array(Disjointness),
});

export type MeasuredMetric = Static<typeof MeasuredMetric>;
export type Gain = Static<typeof Gain>;
export type Slice = Static<typeof Slice>;
export type Overlap = Static<typeof Overlap>;
export type Disjointness = Static<typeof Disjointness>;
export type ScoredModel = Static<typeof ScoredModel>;
export type Evidence = Static<typeof Evidence>;
