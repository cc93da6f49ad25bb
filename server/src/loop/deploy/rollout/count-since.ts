import type { ArmCounts } from '../desired-state.schema.ts';
import type { CountedCell } from './counters.store.ts';
import { type Arms, addCounts, noCounts, subtractCounts } from './guards/guard.ts';
import type { SeenCounters } from './rollout.store.ts';
import type { Rollout } from './rollout.ts';

export interface Counted {
  /** What is new, one entry per split that sent requests to the candidate. */
  readonly arms: readonly Arms[];
  readonly seen: SeenCounters;
}

/** What gateways counted on top of what was taken in, both arms at the same weight together. */
export function countSince(
  { candidate }: Pick<Rollout, 'candidate'>,
  cells: readonly CountedCell[],
  seen: SeenCounters,
): Counted {
  const bySplit = new Map<string, { weight: number; canary: ArmCounts; baseline: ArmCounts }>();
  const now: Record<string, ArmCounts> = { ...seen };
  for (const { key, deployment, split, counts } of cells) {
    const share = split[candidate] ?? 0;
    const fresh = subtractCounts(counts, seen[key] ?? noCounts);
    if (share === 0 || fresh.requests === 0) continue;
    now[key] = counts;
    const name = JSON.stringify(split);
    const arms = bySplit.get(name) ?? { weight: share / 100, canary: noCounts, baseline: noCounts };
    if (deployment === candidate) arms.canary = addCounts(arms.canary, fresh);
    else arms.baseline = addCounts(arms.baseline, fresh);
    bySplit.set(name, arms);
  }
  return { arms: [...bySplit.values()], seen: now };
}

/** What the versions that serve now answered before. */
export function historyOf({ before }: Pick<Rollout, 'before'>, cells: readonly CountedCell[]): ArmCounts {
  return cells
    .filter(({ deployment }) => before[deployment] !== undefined)
    .reduce((sum, { counts }) => addCounts(sum, counts), noCounts);
}
