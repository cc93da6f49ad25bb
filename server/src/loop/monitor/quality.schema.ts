import { type Static, Type } from 'typebox';
import { qualityOf } from './compute-quality.ts';
import type { QualityRow } from './quality.store.ts';
import { windowRef } from './window.ts';

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

const coverage = {
  predictions: Type.Integer(),
  labelled: Type.Integer(),
  censored: Type.Integer({ description: 'Predictions whose truth will not be known.' }),
  coverage: Nullable(Type.Number({ description: 'Labelled ones of all predictions; null without predictions.' })),
};

const Metric = Type.Object({
  name: Type.String(),
  value: Nullable(Type.Number()),
  low: Nullable(Type.Number({ description: 'Lower end of the 95 % interval.' })),
  high: Nullable(Type.Number()),
  method: Type.String({ description: 'How the interval was made, for a person.' }),
  rows: Type.Integer(),
  higherIsBetter: Type.Boolean(),
});

const Baseline = Nullable(Type.Record(Type.String(), Type.Number()));

const Verdict = Type.Object(
  {
    metric: Type.String(),
    version: Type.String(),
    reference: Type.String({
      description: '`run`: out-of-fold predictions of its training; `own`: earlier windows here.',
    }),
    state: Type.String({
      description: '`ok`, `changed_small`, `alarm`, `learning` (too few references), `insufficient`.',
    }),
    value: Nullable(Type.Number()),
    expected: Nullable(Type.Number({ description: 'Mean of the reference windows.' })),
    worse: Nullable(Type.Number({ description: 'By how much it is worse than expected.' })),
    tolerance: Type.Number(),
    pValue: Nullable(Type.Number()),
    alpha: Type.Number({ description: 'Level of this test, from the declared budget.' }),
    deviation: Nullable(Type.Number()),
    referenceWindows: Type.Integer(),
    fewReferences: Type.Boolean(),
    method: Type.String(),
    note: Nullable(Type.String()),
  },
  { description: 'Whether it was worse than its version promised; null: the monitor declares no metric.' },
);

const Quality = Type.Object({
  ...coverage,
  unscored: Type.Integer({ description: 'Labelled predictions that count in no metric: their answers have no score.' }),
  delay: Nullable(
    Type.Object(
      { p50: Type.Number(), p95: Type.Number() },
      { description: 'From the event to its label, milliseconds of event time.' },
    ),
  ),
  metrics: Type.Array(Metric),
  baselines: Type.Object(
    { constant: Baseline, previous_label: Baseline },
    { description: 'The same metrics of the best constant answer, and of repeating the previous label.' },
  ),
  versions: Type.Array(Type.Object({ version: Type.String(), ...coverage, metrics: Type.Array(Metric) }), {
    description: 'By version; empty when all predictions are of one.',
  }),
  version: Nullable(Type.String({ description: 'The version of all predictions; null when there are several.' })),
  verdict: Nullable(Verdict),
});

const QualityWindow = Type.Object({
  ref: Type.String({ description: '`window:NAME@START`' }),
  start: Type.Integer({ description: 'Event time, milliseconds since the epoch.' }),
  end: Type.Integer({ description: 'Not included.' }),
  state: Type.Union([Type.Literal('provisional'), Type.Literal('final')], {
    description: 'Final as soon as its labels are mature; what comes later makes a revision.',
  }),
  revision: Type.Integer({ description: '0 while provisional; 1 when it became final; one more with each revision.' }),
  outdated: Type.Boolean({
    description: 'Predictions or labels came since it was computed; it will be computed again.',
  }),
  computed_at: Nullable(Type.Integer()),
  matured_at: Nullable(Type.Integer({ description: 'When it became final, the server’s clock.' })),
  quality: Nullable(Quality),
});

export const QualityQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 500, default: 20 }),
    before: Type.Optional(Type.Integer({ description: 'Event time; only windows that begin before.' })),
  },
  { additionalProperties: false },
);

export const QualityPage = Type.Object({
  endpoint: Type.String(),
  matured_until: Nullable(Type.Integer({ description: 'Event time before which all windows are final.' })),
  windows: Type.Array(QualityWindow),
  next: Nullable(Type.Integer({ description: 'What to pass as `before` for older ones; null at the end.' })),
});

export function toQualityWindow(row: QualityRow): Static<typeof QualityWindow> {
  const { endpoint, window_start, window_end, state, revision, changes, computed_changes } = row;
  return {
    ...{ ref: windowRef(endpoint, window_start), start: window_start, end: window_end, state, revision },
    ...{ outdated: changes > computed_changes, computed_at: row.computed_at, matured_at: row.matured_at },
    quality: qualityOf(row) as Static<typeof Quality> | null,
  };
}
