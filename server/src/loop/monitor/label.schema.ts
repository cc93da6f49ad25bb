import { type Static, Type } from 'typebox';
import type { LabelRow } from './label.store.ts';
import { type LabelOutcome, labelOutcomes } from './label.ts';
import { labelFields } from './label-table.ts';
import type { PredictionRow } from './prediction-index.store.ts';
import type { LabelReceipt as Receipt } from './receive-labels.ts';

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

export const EndpointParams = Type.Object({ name: Type.String({ maxLength: 100 }) });
export const PredictionParams = Type.Object({ id: Type.String({ maxLength: 200 }) });

const meanings: Readonly<Record<LabelOutcome, string>> = {
  accepted: 'The first label of its prediction.',
  late: 'The first label of its prediction, after the window was final; the window gets a revision.',
  corrected: 'Newer than the current label, and says something else: it holds now.',
  contradictory: 'Says something else than a label with the very same time: the one received last holds.',
  repeated: 'Says what was known; nothing changes.',
  superseded: 'Older than the current label, and says something else: kept, and the current one holds.',
  unknown: 'No such prediction yet: kept, and joined when it arrives.',
  invalid: 'No label of this endpoint; not kept.',
};

const Outcomes = Type.Object(
  Object.fromEntries(labelOutcomes.map((name) => [name, Type.Integer({ description: meanings[name] })])) as Record<
    LabelOutcome,
    ReturnType<typeof Type.Integer>
  >,
);

/** One label, or many under `labels`; what is no label is counted as invalid among many. */
export const LabelBody = Type.Object({
  labels: Type.Optional(Type.Array(Type.Unknown(), { description: 'Many at once, each as described here.' })),
  prediction: Type.Optional(Type.Unknown({ description: '`ID.k`, or `ID` of a request with one row.' })),
  key: Type.Optional(Type.Unknown({ description: 'Instead: the key that the endpoint declares.' })),
  event_time: Type.Optional(
    Type.Unknown({ description: 'With a key: the newest prediction at or before it; absent: label_time.' }),
  ),
  value: Type.Optional(
    Type.Unknown({ description: '0 or 1 of a probability, a text of a class, a number of a value.' }),
  ),
  label_time: Type.Optional(
    Type.Unknown({ description: 'When it held in the users’ world, milliseconds or ISO 8601; absent: now.' }),
  ),
  censored: Type.Optional(Type.Unknown({ description: 'Instead of a value: why the truth will never be known.' })),
});

const column = Type.Optional(Type.String({ minLength: 1, maxLength: 500 }));

/** What the fields of a label are called in a CSV or Parquet file. */
export const LabelQuery = Type.Object(
  Object.fromEntries(labelFields.map((field) => [`${field}_column`, column])) as Record<
    `${(typeof labelFields)[number]}_column`,
    typeof column
  >,
  { additionalProperties: false },
);

export const LabelReceipt = Type.Object({
  received: Type.Integer({ description: 'Labels that were sent: the sum of the outcomes.' }),
  outcomes: Outcomes,
  censored: Type.Integer({ description: 'Of them, those that say that the truth will not be known.' }),
  refusals: Type.Array(Type.Object({ line: Type.Integer(), problem: Type.String() }), {
    description: 'Why labels were invalid; the first 20.',
  }),
});

const StoredLabel = Type.Object({
  ref: Nullable(Type.String({ description: '`prediction:ID.k`; null while it waits for a prediction with its key.' })),
  key: Nullable(Type.String()),
  value: Type.Unknown({ description: 'Null when censored.' }),
  censored: Nullable(Type.String()),
  label_time: Type.Integer({ description: 'When it held in the users’ world, milliseconds since the epoch.' }),
  received_at: Type.Integer({ description: 'The server’s clock.' }),
  joined_at: Nullable(Type.Integer({ description: 'Since when its prediction is known; null: it waits.' })),
  source: Type.String({ description: 'Who sent it.' }),
});

export const LabelListQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 20 }),
    before: Type.Optional(Type.Integer({ description: 'The `next` of the page before.' })),
    waiting: Type.Boolean({ default: false, description: 'Only those that wait for their prediction.' }),
  },
  { additionalProperties: false },
);

export const LabelPage = Type.Object({
  endpoint: Type.String(),
  received: Type.Integer({ description: 'All labels that were ever sent: the sum of the outcomes.' }),
  outcomes: Outcomes,
  waiting: Type.Integer({ description: 'Labels that wait for their prediction now.' }),
  labels: Type.Array(StoredLabel),
  next: Nullable(Type.Integer({ description: 'What to pass as `before` for older ones; null at the end.' })),
});

const CurrentLabel = Type.Object({
  value: Type.Unknown(),
  censored: Nullable(Type.String()),
  label_time: Type.Integer(),
  labelled_at: Type.Integer({ description: 'When this became known here, the server’s clock.' }),
});

export const PredictionLabels = Type.Object({
  rows: Type.Array(
    Type.Object({
      ref: Type.String({ description: '`prediction:ID.k`' }),
      row: Nullable(Type.Integer()),
      indexed: Type.Boolean({ description: 'False: its labels wait for it.' }),
      label: Nullable(CurrentLabel),
      history: Type.Array(StoredLabel, { description: 'All of them, oldest receipt first.' }),
    }),
  ),
});

export function toReceiptResponse({ received, outcomes, censored, refusals }: Receipt): Static<typeof LabelReceipt> {
  return { received, outcomes, censored, refusals: [...refusals] };
}

export function toStoredLabel(row: LabelRow): Static<typeof StoredLabel> {
  const { prediction_id: id, row_index, label_key, censored, label_time, received_at, joined_at, source } = row;
  const ref = id === null ? null : `prediction:${id}${row_index === null ? '' : `.${row_index}`}`;
  return { ref, key: label_key, value: parseValue(row.value), censored, label_time, received_at, joined_at, source };
}

export function toCurrentLabel(row: PredictionRow): Static<typeof CurrentLabel> | null {
  const { label, censored, label_time, labelled_at } = row;
  if (label_time === null || labelled_at === null) return null;
  return { value: parseValue(label), censored, label_time, labelled_at };
}

export function parseValue(value: string | null): unknown {
  return value === null ? null : JSON.parse(value);
}
