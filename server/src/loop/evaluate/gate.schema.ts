import { type Static, Type } from 'typebox';
import { metricNames } from './metrics/index.ts';

const strict = { additionalProperties: false } as const;
export const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) =>
  Type.Union([type, Type.Null()]);

export const GATE_NAME = '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$';

export const Metric = Type.Enum([...metricNames], { description: 'What is compared.' });
const Margin = Type.Number({ minimum: -1e9, maximum: 1e9 });

const rules = {
  margin: Type.Number({
    ...{ minimum: -1e9, maximum: 1e9 },
    description: 'The lower bound of the gain must be above it. Below 0: not clearly worse is good enough.',
  }),
  minimum_rows: Type.Integer({ minimum: 1, maximum: 10_000_000, description: 'Rows that both answered.' }),
  slices: Type.Array(Type.String({ minLength: 1, maxLength: 500 }), {
    maxItems: 20,
    uniqueItems: true,
    description: 'Columns; a value of one of them that gets clearly worse is a veto.',
  }),
  slice_margin: Type.Number({ minimum: 0, maximum: 1e9, description: 'How much worse a slice may get.' }),
  slice_minimum_rows: Type.Integer({ minimum: 2, maximum: 10_000_000, description: 'Smaller slices are not judged.' }),
  max_latency_ratio: Nullable(
    Type.Number({ minimum: 0.01, maximum: 10_000, description: 'Time per row, candidate by champion.' }),
  ),
  guards: Type.Array(Type.Object({ metric: Metric, margin: Margin }, strict), {
    maxItems: 20,
    description: 'Metrics that must not get clearly worse, by more than their margin.',
  }),
  limit: Nullable(
    Type.Number({ description: 'The worst value of the metric that is acceptable, whatever the champion does.' }),
  ),
};

/** The rules by which a candidate replaces a champion. */
export const Gate = Type.Object({ metric: Metric, ...rules }, strict);

/** As it is declared: all but the metric has a default. */
export const GateDeclaration = Type.Object({ ...Type.Partial(Type.Object(rules)).properties, metric: Metric }, strict);

export type Gate = Static<typeof Gate>;
export type GateDeclaration = Static<typeof GateDeclaration>;

export const NamedGate = Type.Object({
  name: Type.String(),
  metric: Metric,
  ...rules,
  revision: Type.Integer({ description: 'Grows with every change.' }),
  changed_at: Type.Integer({ description: 'Milliseconds since the epoch.' }),
  changed_by: Type.String(),
});
export const GateParams = Type.Object({ name: Type.String({ pattern: GATE_NAME }) });
export const GatePage = Type.Object({ gates: Type.Array(NamedGate) });
