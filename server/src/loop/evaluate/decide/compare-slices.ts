import type { Evidence, Slice } from '../evidence.schema.ts';
import type { Gate } from '../gate.schema.ts';
import { ALPHA, compareMetric, type MetricOptions, spread } from '../metrics/index.ts';
import { type ComparedRow, rowsOf } from './score-holdout.ts';

/** Per column; the values with most rows. */
const MOST_SLICES = 50;

/**
 * The paired difference for each value of the slice columns. The bound of a slice allows for how many of them are
 * looked at (Bonferroni): of many that did not change, some look worse by chance.
 */
export async function compareSlices(
  rows: readonly ComparedRow[],
  { slices: columns, metric, slice_minimum_rows }: Gate,
  options: MetricOptions & { readonly signal: AbortSignal },
): Promise<Pick<Evidence, 'slices' | 'small_slices'>> {
  const judged: Omit<Slice, 'bound'>[] = [];
  let small = 0;
  for (const [at, column] of columns.entries()) {
    const groups = [...Map.groupBy(rows, ({ slices }) => slices[at] ?? null)];
    const large = groups
      .filter(([, { length }]) => length >= slice_minimum_rows)
      .sort(byRows)
      .slice(0, MOST_SLICES);
    small += groups.length - large.length;
    for (const [value, members] of large) {
      const pair = { candidate: rowsOf(members, 0), champion: rowsOf(members, 1) };
      const gain = await compareMetric(metric, pair, options);
      judged.push({ column, value, metric, ...gain });
    }
  }
  return { slices: judged.map((slice) => ({ ...slice, bound: boundOf(slice, judged.length) })), small_slices: small };
}

function boundOf({ gain, deviation, blocks }: Omit<Slice, 'bound'>, slices: number): number | null {
  return gain === null || deviation === null ? null : gain + spread(blocks, ALPHA / slices) * deviation;
}

type Group = readonly [value: string | null, members: readonly ComparedRow[]];

function byRows([a, rowsOfA]: Group, [b, rowsOfB]: Group): number {
  return rowsOfB.length - rowsOfA.length || ((a ?? '') < (b ?? '') ? -1 : 1);
}
