import type { PredictionMeaning } from '../../engines/prediction-meaning.ts';
import { evaluateErrors } from './errors.ts';
import type { Gate, GateDeclaration } from './gate.schema.ts';
import { type MetricName, metricsOf } from './metrics/index.ts';

/** Every row of this server belongs to one workspace; there is one for now. */
export const WORKSPACE = 'default';

export interface DeclaredGate {
  readonly name: string;
  readonly gate: Gate;
  /** 1, 2, … with every change. */
  readonly revision: number;
  /** Milliseconds since the epoch, the server's clock. */
  readonly changedAt: number;
  readonly changedBy: string;
}

const DEFAULTS: Omit<Gate, 'metric'> = {
  margin: 0,
  minimum_rows: 500,
  slices: [],
  slice_margin: 0,
  slice_minimum_rows: 100,
  max_latency_ratio: null,
  guards: [],
  limit: null,
};

const METRIC_OF: Readonly<Record<PredictionMeaning['kind'], MetricName>> = {
  probability: 'log_loss',
  class: 'accuracy',
  value: 'mae',
};

/** What was declared, with the defaults for all that was left out. */
export function toGate(declaration: GateDeclaration): Gate {
  return { ...DEFAULTS, ...declaration };
}

/** The gate of an endpoint for which none was declared. */
export function defaultGate({ kind }: Pick<PredictionMeaning, 'kind'>): Gate {
  return toGate({ metric: METRIC_OF[kind] });
}

/** @throws EVALUATE_METRIC_UNFIT */
export function requireFit({ metric, guards }: Gate, { kind }: Pick<PredictionMeaning, 'kind'>): void {
  const metrics = metricsOf(kind);
  const unfit = [metric, ...guards.map((guard) => guard.metric)].find((one) => !metrics.includes(one));
  if (unfit !== undefined) throw evaluateErrors.METRIC_UNFIT({ metric: unfit, kind, metrics: metrics.join(', ') });
}

export function gateRef(name: string): string {
  return `gate:${name}`;
}
