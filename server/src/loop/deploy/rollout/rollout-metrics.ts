import type { Context } from '../../../context.ts';
import type { Metric } from '../../../platform/metric.ts';
import { findOpenRollout, listWatchedEndpoints } from './rollout.store.ts';
import type { Rollout } from './rollout.ts';

/** What Prometheus is told about rollouts. */
export function rolloutMetrics({ db }: Pick<Context, 'db'>): Metric[] {
  return [
    {
      ...{ name: 'bucle_rollout_percent', kind: 'gauge', labels: ['endpoint'] },
      help: 'What the open rollout of an endpoint gives its candidate; no series without an open rollout.',
      async read() {
        const samples = [];
        for (const endpoint of [...(await listWatchedEndpoints(db.scan))].sort()) {
          const rollout = await findOpenRollout(db.scan, endpoint);
          if (rollout) samples.push({ labels: { endpoint }, value: percentOf(rollout) });
        }
        return samples;
      },
    },
  ];
}

function percentOf({ state, step, plan }: Rollout): number {
  if (state === 'promoting') return 100;
  return state === 'canary' ? (plan.steps[step]?.percent ?? 0) : 0;
}
