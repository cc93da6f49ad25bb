import type { Context } from '../../context.ts';
import type { Metric } from '../../platform/metric.ts';
import { countOpenAlerts, findNewestQuality, listDrift, listNewestWindows } from './metrics.store.ts';
import type { WindowQuality } from './quality.ts';

/** What Prometheus is told: it mirrors, and judges nothing. */
export function monitorMetrics({ db }: Pick<Context, 'db'>): Metric[] {
  return [
    {
      ...{ name: 'bucle_window_end_timestamp_seconds', kind: 'gauge', labels: ['endpoint'] },
      help: 'End of the newest window that was closed, event time.',
      read: async () =>
        (await listNewestWindows(db.scan)).map(({ endpoint, end }) => ({ labels: { endpoint }, value: end / 1_000 })),
    },
    {
      ...{ name: 'bucle_alerts_open', kind: 'gauge', labels: ['endpoint', 'signal'] },
      help: 'Alerts that stand.',
      read: async () =>
        (await countOpenAlerts(db.scan)).map(({ endpoint, signal, alerts }) => ({
          labels: { endpoint, signal },
          value: alerts,
        })),
    },
    drift(
      db,
      'bucle_feature_drift',
      'Jensen–Shannon distance (base 2) of the newest closed window.',
      ({ effect }) => effect,
    ),
    drift(db, 'bucle_feature_pvalue', 'P-value of the drift test in the newest closed window.', ({ pValue }) => pValue),
    {
      ...{ name: 'bucle_label_coverage_ratio', kind: 'gauge', labels: ['endpoint'] },
      help: 'Labelled predictions of all in the newest window whose quality was computed.',
      async read() {
        const samples = [];
        for (const { endpoint } of await listNewestWindows(db.scan)) {
          const quality = JSON.parse((await findNewestQuality(db.scan, endpoint)) ?? 'null') as WindowQuality | null;
          if (quality && quality.coverage !== null) samples.push({ labels: { endpoint }, value: quality.coverage });
        }
        return samples;
      },
    },
  ];
}

type Drift = Awaited<ReturnType<typeof listDrift>>[number];

function drift(db: Context['db'], name: string, help: string, value: (drift: Drift) => number | null): Metric {
  return {
    ...{ name, help, kind: 'gauge', labels: ['endpoint', 'feature'] },
    async read() {
      const samples = [];
      for (const window of await listNewestWindows(db.scan)) {
        for (const row of await listDrift(db.scan, window)) {
          const number = value(row);
          const labels = { endpoint: window.endpoint, feature: row.feature };
          if (number !== null) samples.push({ labels, value: number });
        }
      }
      return samples;
    },
  };
}
