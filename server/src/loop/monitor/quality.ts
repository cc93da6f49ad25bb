import type { PredictionMeaning } from '../deploy/index.ts';
import { type MetricValue, measureMetric, metricsOf, type ScoredRow } from '../evaluate/index.ts';
import { type Baselines, measureBaselines } from './quality-baselines.ts';

const DAY = 86_400_000;

/** A prediction of the window, as the index has it. */
export interface QualityInput {
  readonly eventTime: number;
  readonly version: string;
  readonly prediction: number | string | null;
  /** Null: none, or censored. */
  readonly label: number | string | null;
  readonly censored: boolean;
  /** When the label held in the users' world; null without one. */
  readonly labelTime: number | null;
}

export interface LabelCoverage {
  readonly predictions: number;
  readonly labelled: number;
  /** Of which the truth will not be known. */
  readonly censored: number;
  /** Labelled of all predictions; null without predictions. */
  readonly coverage: number | null;
}

/** How good the predictions of one window were, as far as their labels say. */
export interface WindowQuality extends LabelCoverage {
  /** Labelled ones whose answer has no such thing as a prediction: they count in no metric. */
  readonly unscored: number;
  /** From the event to its label, milliseconds of event time; null without labels. */
  readonly delay: { readonly p50: number; readonly p95: number } | null;
  readonly metrics: readonly MetricValue[];
  readonly baselines: Baselines;
  /** The version of all of them; null when there are several, or none. */
  readonly version: string | null;
  /** By version, in order of first appearance; empty when all are of one. */
  readonly versions: readonly (LabelCoverage & {
    readonly version: string;
    readonly metrics: readonly MetricValue[];
  })[];
}

/** Takes the predictions of a window by event time, and then measures. */
export function gatherQuality(meaning: PredictionMeaning | null, previous: number | string | null) {
  const rows: (ScoredRow & { readonly version: string })[] = [];
  const delays: number[] = [];
  const counts = new Map<string, { predictions: number; labelled: number; censored: number }>();
  let unscored = 0;
  return {
    add({ eventTime, version, prediction, label, censored, labelTime }: QualityInput): void {
      const count = counts.get(version) ?? { predictions: 0, labelled: 0, censored: 0 };
      counts.set(version, count);
      count.predictions += 1;
      if (censored) count.censored += 1;
      if (label === null) return;
      count.labelled += 1;
      if (labelTime !== null) delays.push(labelTime - eventTime);
      if (prediction === null) unscored += 1;
      else rows.push({ label, prediction, group: Math.floor(eventTime / DAY), version });
    },
    /** `pause` lets the thread do something else between two metrics. */
    async measure(pause: () => Promise<void>): Promise<WindowQuality> {
      const measureAll = async (of: readonly ScoredRow[]) => {
        const metrics: MetricValue[] = [];
        for (const name of meaning ? metricsOf(meaning.kind) : []) {
          metrics.push(
            measureMetric(name, of, { kind: meaning?.kind ?? 'value', threshold: meaning?.threshold ?? null }),
          );
          await pause();
        }
        return metrics;
      };
      const versions = [];
      for (const [version, count] of counts.size > 1 ? counts : []) {
        const metrics = await measureAll(rows.filter((row) => row.version === version));
        versions.push({ version, ...toCoverage(count), metrics });
      }
      const all = { predictions: 0, labelled: 0, censored: 0 };
      for (const count of counts.values()) {
        all.predictions += count.predictions;
        all.labelled += count.labelled;
        all.censored += count.censored;
      }
      return {
        ...{ ...toCoverage(all), unscored, delay: toDelay(delays), metrics: await measureAll(rows), versions },
        version: counts.size === 1 ? ([...counts.keys()][0] ?? null) : null,
        baselines: meaning ? measureBaselines(meaning.kind, rows, previous) : { constant: null, previous_label: null },
      };
    },
  };
}

function toCoverage(count: { predictions: number; labelled: number; censored: number }): LabelCoverage {
  return { ...count, coverage: count.predictions === 0 ? null : count.labelled / count.predictions };
}

function toDelay(delays: number[]): WindowQuality['delay'] {
  if (delays.length === 0) return null;
  delays.sort((one, other) => one - other);
  const rank = (share: number) => delays[Math.max(0, Math.ceil(share * delays.length) - 1)] ?? 0;
  return { p50: rank(0.5), p95: rank(0.95) };
}
