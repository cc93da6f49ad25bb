/** The door of the stage: what later stages may call. */

export { findDecision, findDecisionByKey, listDecisions } from './decision.store.ts';
export { type Decision, type DecisionQuestion, decisionRef, type EvaluationColumns, type Verdict } from './decision.ts';
export { declareGate, removeGate } from './declare-gate.ts';
export type { Evidence } from './evidence.schema.ts';
export { Gate, GateDeclaration } from './gate.schema.ts';
export { findGate, listGates } from './gate.store.ts';
export { type DeclaredGate, defaultGate, toGate } from './gate.ts';
export {
  gainOf,
  higherIsBetter,
  type MetricName,
  type MetricOptions,
  type MetricValue,
  measureMetric,
  metricNames,
  metricsOf,
  type PredictionKind,
  type ScoredRow,
  toLabel,
} from './metrics/index.ts';
export type { EvaluatedModels, EvaluatedVersion, ModelParts, PreparedModel, Preparing } from './model-access.ts';
export { recordFirst, recordOverride } from './record-decision.ts';
export { requestDecision } from './request-decision.ts';
