import { type Static, Type } from 'typebox';
import { PredictionMeaning } from '../../engines/prediction-meaning.ts';
import { type Decision as DecisionRow, decisionRef } from './decision.ts';
import { Evidence } from './evidence.schema.ts';
import { GATE_NAME, Gate, GateDeclaration, Nullable } from './gate.schema.ts';

const strict = { additionalProperties: false } as const;
const Version = Type.String({ minLength: 1, maxLength: 500, description: '`flights/4` or `flights@champion`.' });
const ColumnName = Type.String({ minLength: 1, maxLength: 500 });

const Kind = Type.Union([Type.Literal('evaluation'), Type.Literal('override'), Type.Literal('first')]);
const State = Type.Union([Type.Literal('pending'), Type.Literal('running'), Type.Literal('made')]);
const Verdict = Type.Union([Type.Literal('promote'), Type.Literal('keep'), Type.Literal('invalid')]);

export const NewDecision = Type.Object(
  {
    candidate: Version,
    champion: Type.Optional(Nullable(Version)),
    dataset: Type.String({
      ...{ minLength: 1, maxLength: 200 },
      description: '`flights-holdout@2`; without a number the latest of now.',
    }),
    subject: Type.Optional(
      Type.String({
        ...{ pattern: '^endpoint:[A-Za-z0-9][A-Za-z0-9._-]{0,99}$' },
        description: 'What would change: `endpoint:flights`. Absent: nothing, it is asked for its own sake.',
      }),
    ),
    prediction: PredictionMeaning,
    label: Type.Optional(ColumnName),
    event_time: Type.Optional(Nullable(ColumnName)),
    key: Type.Optional(Nullable(ColumnName)),
    gate: Type.Optional(
      Type.Union([Type.String({ pattern: GATE_NAME }), GateDeclaration], {
        description:
          'A declared one by its name, or rules. Absent: no worse bound than 0 in log_loss, accuracy or mae.',
      }),
    ),
  },
  { ...strict, description: 'Columns that are left out are those that the dataset declares.' },
);

export const DecisionHeaders = Type.Object({
  'idempotency-key': Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
});
export const DecisionParams = Type.Object({ decision: Type.String({ minLength: 1, maxLength: 100 }) });
export const DecisionQuery = Type.Object(
  {
    subject: Type.Optional(Type.String({ maxLength: 200, description: '`endpoint:flights`' })),
    before: Type.Optional(Type.String({ maxLength: 100, description: 'Id of a decision: those made earlier.' })),
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 50 }),
  },
  strict,
);

const Columns = Type.Object({
  label: Type.String(),
  event_time: Nullable(Type.String()),
  key: Nullable(Type.String()),
});

const summary = {
  ref: Type.String({ description: '`decision:ID`' }),
  id: Type.String(),
  kind: Kind,
  state: State,
  verdict: Nullable(Verdict),
  headline: Type.String({ description: 'One sentence.' }),
  subject: Type.String(),
  candidate: Type.String(),
  champion: Nullable(Type.String()),
  dataset: Nullable(Type.String()),
  actor: Type.String(),
  cause: Nullable(Type.String()),
  created_at: Type.Integer({ description: 'Milliseconds since the epoch.' }),
  made_at: Nullable(Type.Integer()),
};

export const DecisionSummary = Type.Object(summary);
export const DecisionDetail = Type.Object({
  ...summary,
  reasons: Type.Array(Type.String()),
  progress: Nullable(Type.String({ description: 'What is being done.' })),
  prediction: Nullable(PredictionMeaning),
  columns: Nullable(Columns),
  gate: Nullable(Gate),
  evidence: Nullable(Evidence),
});
export const DecisionPage = Type.Object({ decisions: Type.Array(DecisionSummary), next: Nullable(Type.String()) });

export const ReplayResult = Type.Object({
  decision: Type.String(),
  identical: Type.Boolean({ description: 'Metrics, intervals, reasons and verdict are the very same.' }),
  verdict: Type.Object({ recorded: Nullable(Verdict), again: Verdict }),
  headline: Type.String(),
  differences: Type.Array(Type.Object({ path: Type.String(), recorded: Type.String(), again: Type.String() })),
});

export function toDecisionSummary(decision: DecisionRow): Static<typeof DecisionSummary> {
  const { id, kind, state, verdict, headline, subject, candidate, champion, dataset, actor, cause } = decision;
  return {
    ref: decisionRef(decision),
    ...{ id, kind, state, verdict, headline, subject, candidate, champion, dataset, actor, cause },
    created_at: decision.createdAt,
    made_at: decision.madeAt,
  };
}

export function toDecisionDetail(decision: DecisionRow): Static<typeof DecisionDetail> {
  const { reasons, progress, meaning, columns, gate, evidence } = decision;
  return {
    ...toDecisionSummary(decision),
    ...{ reasons: [...reasons], progress, gate, evidence },
    prediction: meaning,
    columns: columns && { label: columns.label, event_time: columns.eventTime, key: columns.key },
  };
}
