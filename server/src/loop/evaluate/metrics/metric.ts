import { type PredictionMeaning, toClass } from '../../../engines/prediction-meaning.ts';
import type { Value } from '../../../engines/values.ts';

export type PredictionKind = PredictionMeaning['kind'];

export const metricNames = [
  ...(['auc', 'log_loss', 'brier', 'average_precision'] as const),
  ...(['accuracy', 'balanced_accuracy', 'precision', 'recall', 'f1'] as const),
  ...(['mae', 'rmse', 'bias', 'r2'] as const),
] as const;

export type MetricName = (typeof metricNames)[number];

/** One answer whose truth is known. */
export interface ScoredRow {
  /** 0 or 1 for a probability, text for a class, a number for a value: see {@link toLabel}. */
  readonly label: number | string;
  /** A probability or value as a number, a class as text. */
  readonly prediction: number | string;
  /** Day of the event time: rows of a day are resampled together. All equal: there is no event time. */
  readonly group: number;
}

export interface MetricValue {
  readonly name: MetricName;
  /** Null: there is none, for want of rows or because something would be divided by zero. */
  readonly value: number | null;
  /** 95 % interval. */
  readonly low: number | null;
  readonly high: number | null;
  /** How the interval was made, for a person. */
  readonly method: string;
  /** Rows that counted. */
  readonly rows: number;
  readonly higherIsBetter: boolean;
}

export interface MetricOptions {
  readonly kind: PredictionKind;
  /** A probability at or above it is the positive class; null: one half. */
  readonly threshold: number | null;
  readonly seed?: number;
}

const OF_PROBABILITY: readonly MetricName[] = ['auc', 'log_loss', 'brier', 'average_precision'];
const OF_CLASS: readonly MetricName[] = ['accuracy', 'balanced_accuracy', 'precision', 'recall', 'f1'];
const OF_VALUE: readonly MetricName[] = ['mae', 'rmse', 'bias', 'r2'];
const LOWER_IS_BETTER: ReadonlySet<MetricName> = new Set(['log_loss', 'brier', 'mae', 'rmse', 'bias']);

/** The metrics that say something about predictions of this kind. */
export function metricsOf(kind: PredictionKind): readonly MetricName[] {
  if (kind === 'probability') return [...OF_PROBABILITY, ...OF_CLASS];
  return kind === 'class' ? OF_CLASS : OF_VALUE;
}

/** Of the bias it is its size that should be small. */
export function higherIsBetter(name: MetricName): boolean {
  return !LOWER_IS_BETTER.has(name);
}

/** How much better `candidate` is than `champion`; negative: worse. */
export function gainOf(name: MetricName, candidate: number, champion: number): number {
  if (name === 'bias') return Math.abs(champion) - Math.abs(candidate);
  return higherIsBetter(name) ? candidate - champion : champion - candidate;
}

const BINARY: Readonly<Record<string, number>> = { '0': 0, '1': 1, false: 0, true: 1 };

/** A label as metrics take it; null: it is none for predictions of this kind. */
export function toLabel(value: Value, kind: PredictionKind): number | string | null {
  if (kind === 'class') return toClass(value);
  if (kind === 'probability') return typeof value === 'object' ? null : (BINARY[String(value).toLowerCase()] ?? null);
  const number = typeof value === 'bigint' || typeof value === 'boolean' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}
