import type { Blocks } from './blocks.ts';
import type { MetricName, MetricOptions, ScoredRow } from './metric.ts';
import { rankStatistic, type Statistic, sumStatistic } from './statistic.ts';

type Rows = readonly ScoredRow[];

/** Probabilities are kept this far from 0 and 1 in the logarithm. */
const CLIP = 1e-15;
const HALF = 0.5;

/** The metric of these rows, ready to be resampled by blocks. */
export function toStatistic(
  name: MetricName,
  rows: Rows,
  blocks: Blocks,
  { kind, threshold }: Pick<MetricOptions, 'kind' | 'threshold'>,
): Statistic {
  switch (name) {
    case 'auc':
    case 'average_precision':
      return rankStatistic(blocks, toScores(rows), name === 'auc' ? walkAuc : walkPrecision);
    case 'log_loss':
      return meanStatistic(blocks, (row) => logLoss(rows[row]));
    case 'brier':
      return meanStatistic(blocks, (row) => error(rows[row]) ** 2);
    case 'mae':
      return meanStatistic(blocks, (row) => Math.abs(error(rows[row])));
    case 'bias':
      return meanStatistic(blocks, (row) => error(rows[row]));
    case 'rmse':
      return meanStatistic(blocks, (row) => error(rows[row]) ** 2, Math.sqrt);
    case 'r2':
      return determination(rows, blocks);
    case 'accuracy':
      return meanStatistic(blocks, (row) => (isRight(rows[row], kind, threshold) ? 1 : 0));
    default:
      return kind === 'class' ? macroStatistic(name, rows, blocks) : binaryStatistic(name, rows, blocks, threshold);
  }
}

/** Whether the answer, cut at the threshold, is the label. */
export function isRight(row: ScoredRow | undefined, kind: MetricOptions['kind'], threshold: number | null): boolean {
  if (kind === 'class') return row?.prediction === row?.label;
  return isPositive(row, threshold) === (row?.label === 1);
}

export function isPositive(row: ScoredRow | undefined, threshold: number | null): boolean {
  return Number(row?.prediction) >= (threshold ?? HALF);
}

export function toScores(rows: Rows): { scores: Float64Array; positive: Uint8Array } {
  return {
    scores: Float64Array.from(rows, ({ prediction }) => Number(prediction)),
    positive: Uint8Array.from(rows, ({ label }) => (label === 1 ? 1 : 0)),
  };
}

function error(row: ScoredRow | undefined): number {
  return Number(row?.prediction) - Number(row?.label);
}

function logLoss(row: ScoredRow | undefined): number {
  const p = Math.min(1 - CLIP, Math.max(CLIP, Number(row?.prediction)));
  return row?.label === 1 ? -Math.log(p) : -Math.log1p(-p);
}

function meanStatistic(
  blocks: Blocks,
  lossOf: (row: number) => number,
  finish: (mean: number) => number = (mean) => mean,
): Statistic {
  return sumStatistic(
    blocks,
    2,
    (sums, offset, row) => {
      sums[offset] = (sums[offset] ?? 0) + lossOf(row);
      sums[offset + 1] = (sums[offset + 1] ?? 0) + 1;
    },
    ([sum = 0, rows = 0]) => (rows === 0 ? null : finish(sum / rows)),
  );
}

/** 1 − squared errors / squared distances from the mean; labels are centred first, so that nothing cancels out. */
function determination(rows: Rows, blocks: Blocks): Statistic {
  const centre = rows.reduce((sum, { label }) => sum + Number(label), 0) / Math.max(1, rows.length);
  return sumStatistic(
    blocks,
    4,
    (sums, offset, row) => {
      const label = Number(rows[row]?.label) - centre;
      const terms = [1, label, label * label, error(rows[row]) ** 2];
      for (const [at, term] of terms.entries()) sums[offset + at] = (sums[offset + at] ?? 0) + term;
    },
    ([count = 0, sum = 0, squares = 0, errors = 0]) => {
      const total = squares - (sum * sum) / count;
      return count === 0 || total <= 0 ? null : 1 - errors / total;
    },
  );
}

function walkAuc() {
  let [above, pairs, right] = [0, 0, 0];
  return {
    add(positives: number, negatives: number) {
      right += negatives * (above + positives / 2);
      above += positives;
      pairs += negatives;
    },
    finish: () => (above === 0 || pairs === 0 ? null : right / (above * pairs)),
  };
}

function walkPrecision() {
  let [found, seen, sum] = [0, 0, 0];
  return {
    add(positives: number, negatives: number) {
      found += positives;
      seen += positives + negatives;
      if (positives > 0) sum += positives * (found / seen);
    },
    finish: () => (found === 0 ? null : sum / found),
  };
}

interface Confusion {
  readonly hits: number;
  readonly falseAlarms: number;
  readonly misses: number;
}

/** Null where something would be divided by zero. */
function ofConfusion(name: 'precision' | 'recall' | 'f1', { hits, falseAlarms, misses }: Confusion): number | null {
  const total = { precision: hits + falseAlarms, recall: hits + misses, f1: 2 * hits + falseAlarms + misses }[name];
  return total === 0 ? null : (name === 'f1' ? 2 * hits : hits) / total;
}

function binaryStatistic(name: MetricName, rows: Rows, blocks: Blocks, threshold: number | null): Statistic {
  return sumStatistic(
    blocks,
    4,
    (sums, offset, row) => {
      const cell = offset + (isPositive(rows[row], threshold) ? 0 : 2) + (rows[row]?.label === 1 ? 0 : 1);
      sums[cell] = (sums[cell] ?? 0) + 1;
    },
    ([hits = 0, falseAlarms = 0, misses = 0, rest = 0]) => {
      if (name !== 'balanced_accuracy') return ofConfusion(name as 'recall', { hits, falseAlarms, misses });
      const positives = hits + misses;
      const negatives = falseAlarms + rest;
      return positives === 0 || negatives === 0 ? null : (hits / positives + rest / negatives) / 2;
    },
  );
}

/** The mean over classes, without those for which it has no value. */
function macroStatistic(name: MetricName, rows: Rows, blocks: Blocks): Statistic {
  const classes = new Map<string, number>();
  const position = (value: number | string) => {
    const key = String(value);
    const known = classes.get(key);
    if (known === undefined) classes.set(key, classes.size);
    return known ?? classes.size - 1;
  };
  const labels = rows.map(({ label }) => position(label));
  const answers = rows.map(({ prediction }) => position(prediction));
  // Per class: hits, false alarms, misses.
  return sumStatistic(
    blocks,
    classes.size * 3,
    (sums, offset, row) => {
      const label = labels[row] ?? 0;
      const answer = answers[row] ?? 0;
      const cells = label === answer ? [label * 3] : [answer * 3 + 1, label * 3 + 2];
      for (const cell of cells) sums[offset + cell] = (sums[offset + cell] ?? 0) + 1;
    },
    (sums) => {
      const values: number[] = [];
      for (let at = 0; at < sums.length; at += 3) {
        const [hits = 0, falseAlarms = 0, misses = 0] = sums.subarray(at, at + 3);
        const which = name === 'balanced_accuracy' ? 'recall' : (name as 'recall');
        const value = ofConfusion(which, { hits, falseAlarms, misses });
        if (value !== null) values.push(value);
      }
      return values.length === 0 ? null : values.reduce((sum, one) => sum + one, 0) / values.length;
    },
  );
}
