import { formatDuration } from '../data/format.ts';
import type { Metric, RunInfo } from './mlflow-client.ts';

/** Six digits are enough for a look; --json has them all. */
export function shortValue(value: Metric['value']): number | string {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value;
}

/** How long it took, or takes by now; null when it has not begun. */
export function describeDuration({ start_time, end_time, status }: RunInfo): string | null {
  if (!start_time) return null;
  if (end_time) return formatDuration(Math.max(0, end_time - start_time) / 1000);
  return status === 'RUNNING' ? `${formatDuration((Date.now() - start_time) / 1000)} so far` : null;
}
