import { type Static, Type } from 'typebox';
import { EndpointParams, Moment, Nullable } from './monitor.schema.ts';
import type { Signal } from './signal.ts';
import { type FeatureBinning, type FeatureProfile, featureOf, type Profile } from './statistics/index.ts';
import type { WindowRow } from './window.store.ts';
import { windowRef } from './window.ts';
import { describeResult, type WindowResult } from './window-result.ts';

const strict = { additionalProperties: false } as const;

export const WindowParams = Type.Object({
  ...EndpointParams.properties,
  start: Type.String({ maxLength: 40, description: 'ISO 8601 in UTC, or milliseconds since the epoch.' }),
});

export const WindowQuery = Type.Object(
  {
    before: Type.Optional(Type.Integer({ description: 'Event time; only windows that begin before.' })),
    limit: Type.Integer({ minimum: 1, maximum: 500, default: 60 }),
  },
  strict,
);

export const WindowView = Type.Object({
  ref: Type.String({ description: '`window:flights@2001-03-05T00:00:00.000Z`' }),
  start: Type.Integer({ description: 'Event time.' }),
  end: Type.Integer({ description: 'Event time; not included.' }),
  state: Type.Union([Type.Literal('open'), Type.Literal('closed'), Type.Literal('no_data')]),
  rows: Type.Integer(),
  late: Type.Integer({ description: 'Rows that came after it was closed: they are counted, and its verdict stays.' }),
  version: Nullable(Type.String({ description: 'Version whose reference it was compared with.' })),
  alarms: Type.Record(Type.String(), Type.Array(Type.String()), { description: 'Signal → features that alarm.' }),
  note: Nullable(Type.String()),
  closed_at: Nullable(Moment),
});

export const WindowPage = Type.Object({
  endpoint: Type.String(),
  windows: Type.Array(WindowView),
  next: Nullable(Type.Integer()),
});

const Result = Type.Object({
  signal: Type.String(),
  feature: Type.String(),
  test: Type.String(),
  state: Type.String(),
  p_value: Nullable(Type.Number()),
  alpha: Type.Number(),
  effect: Nullable(Type.Number()),
  n: Type.Integer(),
  m: Type.Integer(),
  bins: Nullable(Type.Integer()),
  method: Type.String(),
  says: Type.String({ description: 'One line for people.' }),
  detail: Type.Record(Type.String(), Type.Unknown()),
});

const Histogram = Type.Object({
  kind: Type.Union([Type.Literal('numeric'), Type.Literal('categorical')]),
  edges: Type.Array(Type.Number(), { description: 'Bin i ends with edge i, included; the last has no end.' }),
  categories: Type.Array(Type.String(), { description: 'Then come `other` and `unseen`.' }),
  reference: Nullable(Type.Array(Type.Number())),
  window: Type.Array(Type.Number()),
  rows: Type.Integer(),
  missing: Type.Integer(),
  invalid: Type.Integer(),
  unseen: Type.Integer(),
  out_of_range: Type.Integer(),
});

export const WindowDetail = Type.Object({
  ...WindowView.properties,
  reference: Nullable(
    Type.Object({
      version: Type.String(),
      features_from: Nullable(Type.String({ description: 'Null: the own first windows of the endpoint.' })),
      prediction_from: Nullable(Type.String()),
      own_from: Nullable(Type.Integer()),
      notes: Type.Array(Type.String()),
      built_at: Moment,
    }),
  ),
  results: Type.Array(Result),
  features: Type.Record(Type.String(), Histogram),
  prediction: Nullable(Histogram),
});

export function toWindowView(endpoint: string, row: WindowRow): Static<typeof WindowView> {
  return {
    ref: windowRef(endpoint, row.start),
    ...{ start: row.start, end: row.end_time, state: row.state, rows: row.row_count, late: row.late },
    ...{ version: row.version, note: row.note, closed_at: row.closed_at },
    alarms: JSON.parse(row.alarms) as Partial<Record<Signal, string[]>>,
  };
}

export function toResultView(result: WindowResult): Static<typeof Result> {
  const { signal, feature, test, state, pValue, alpha, effect, n, m, bins, method, detail } = result;
  const says = describeResult(result);
  return { ...{ signal, feature, test, state, p_value: pValue, alpha, effect, n, m, bins, method, says }, detail };
}

/** Counts of a window beside those of its reference. */
export function toHistogram(
  binning: FeatureBinning,
  window: Profile,
  reference: readonly FeatureProfile[] | null,
): Static<typeof Histogram> {
  const counted = featureOf(window, binning.feature);
  return {
    ...{ kind: binning.kind, edges: binning.edges, categories: binning.categories },
    reference: reference === null || reference.length === 0 ? null : addUp(reference.map(({ counts }) => counts)),
    window: counted?.counts ?? [],
    ...{ rows: counted?.rows ?? 0, missing: counted?.missing ?? 0, invalid: counted?.invalid ?? 0 },
    ...{ unseen: counted?.unseen ?? 0, out_of_range: counted?.outOfRange ?? 0 },
  };
}

function addUp(lists: readonly (readonly number[])[]): number[] {
  return lists.reduce<number[]>((sum, list) => list.map((count, at) => (sum[at] ?? 0) + count), []);
}
