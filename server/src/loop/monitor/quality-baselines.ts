import type { MetricName, PredictionKind, ScoredRow } from '../evaluate/index.ts';

/** Metrics of a guess that needs no model, by name. */
export type BaselineMetrics = Readonly<Partial<Record<MetricName, number>>>;

/** What a model has to beat; null without labels. */
export interface Baselines {
  /** The one answer that is best in hindsight: the share of positives, the most frequent class, the mean. */
  readonly constant: BaselineMetrics | null;
  /** Each answer is the label of the prediction before it by event time, as if labels came at once. */
  readonly previous_label: BaselineMetrics | null;
}

/** `rows` by event time; `previous` is the last label before them. */
export function measureBaselines(
  kind: PredictionKind,
  rows: readonly Pick<ScoredRow, 'label'>[],
  previous: number | string | null,
): Baselines {
  const labels = rows.map(({ label }) => label);
  if (labels.length === 0) return { constant: null, previous_label: null };
  if (kind === 'value') return baselinesOfValues(labels.map(Number), previous === null ? null : Number(previous));
  return { constant: constantOf(kind, labels), previous_label: repeatedOf(labels, previous) };
}

function constantOf(kind: PredictionKind, labels: readonly (number | string)[]): BaselineMetrics {
  const counts = new Map<number | string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const accuracy = Math.max(...counts.values()) / labels.length;
  if (kind === 'class') return { accuracy };
  const share = (counts.get(1) ?? 0) / labels.length;
  const entropy = (p: number) => (p === 0 ? 0 : -p * Math.log(p));
  return { accuracy, log_loss: entropy(share) + entropy(1 - share), brier: share * (1 - share) };
}

function repeatedOf(labels: readonly (number | string)[], previous: number | string | null): BaselineMetrics | null {
  const pairs = pairsOf(labels, previous);
  if (pairs.length === 0) return null;
  return { accuracy: pairs.filter(([before, label]) => before === label).length / pairs.length };
}

function baselinesOfValues(labels: readonly number[], previous: number | null): Baselines {
  const mean = labels.reduce((sum, label) => sum + label, 0) / labels.length;
  const pairs = pairsOf(labels, previous);
  return {
    constant: errorsOf(labels.map((label) => [mean, label])),
    previous_label: pairs.length === 0 ? null : errorsOf(pairs),
  };
}

function errorsOf(pairs: readonly (readonly [number, number])[]): BaselineMetrics {
  const errors = pairs.map(([guess, label]) => guess - label);
  const meanOf = (of: (error: number) => number) => errors.reduce((sum, error) => sum + of(error), 0) / errors.length;
  return { mae: meanOf(Math.abs), rmse: Math.sqrt(meanOf((error) => error * error)) };
}

function pairsOf<Label>(labels: readonly Label[], previous: Label | null): [Label, Label][] {
  const before = previous === null ? [] : [previous];
  const all = [...before, ...labels];
  return all.slice(1).map((label, at) => [all[at] as Label, label]);
}
