import type { ArmCounts } from '../../desired-state.schema.ts';
import { LATENCY_UNIT_MS, latencyBinEnd } from '../latency-bins.ts';
import { type ConditionalTest, emptyTest, evidenceOf, observeEvents } from '../rollout-test/conditional-test.ts';
import { addCounts, type Guard, noCounts, percentOf } from './guard.ts';

interface LatencyState {
  /** What the threshold is learned from, until it is frozen. */
  readonly learned: ArmCounts['latency'];
  /** Answers in a higher bin are slow; null: not known so far. */
  readonly slowFrom: number | null;
  readonly test: ConditionalTest;
  readonly canary: number;
  readonly baseline: number;
}

const MIN_ANSWERS = 200;

/**
 * Watches slow answers: slower than the baseline's 95th percentile, frozen before the first look or after 200 answers
 * of the baseline, and slower than a floor below which nobody minds. Any threshold is fair, since both arms are
 * measured by it; a good one finds more.
 */
export function latencyGuard(options: {
  readonly tolerate: number;
  readonly floorMs: number;
  readonly threshold: number;
}): Guard<LatencyState> {
  const { tolerate, floorMs, threshold } = options;
  const freeze = (learned: ArmCounts['latency']) =>
    countOf(learned) < MIN_ANSWERS ? null : Math.max(percentile(learned, 0.95), floorBin(floorMs));
  return {
    name: 'latency',
    begin: ({ latency }) => ({
      ...{ learned: freeze(latency) === null ? latency : {}, slowFrom: freeze(latency) },
      ...{ test: emptyTest, canary: 0, baseline: 0 },
    }),
    look(state, { weight, canary, baseline }) {
      const { slowFrom } = state;
      if (slowFrom === null) {
        const known = { ...noCounts, latency: state.learned };
        const learned = addCounts(known, { ...noCounts, latency: baseline.latency }).latency;
        return { ...state, learned, slowFrom: freeze(learned) };
      }
      const events = { weight, canary: above(canary.latency, slowFrom), baseline: above(baseline.latency, slowFrom) };
      return {
        ...state,
        test: observeEvents(state.test, events, tolerate),
        canary: state.canary + countOf(canary.latency),
        baseline: state.baseline + countOf(baseline.latency),
      };
    },
    verdict({ slowFrom, learned, test, canary, baseline }) {
      if (slowFrom === null) {
        return {
          verdict: 'learn',
          says: `latency: needs ${MIN_ANSWERS - countOf(learned)} more answers of the baseline`,
        };
      }
      const limit = Number(latencyBinEnd(slowFrom).toPrecision(3));
      const says = `slower than ${limit} ms: ${percentOf(test.canary, canary)} of ${canary}, baseline ${percentOf(test.baseline, baseline)} of ${baseline}`;
      return { verdict: evidenceOf(test) >= threshold ? 'abort' : 'pass', says };
    },
  };
}

function floorBin(floorMs: number): number {
  return Math.ceil(4 * Math.log2(Math.max(floorMs, LATENCY_UNIT_MS) / LATENCY_UNIT_MS)) - 1;
}

function countOf(bins: ArmCounts['latency']): number {
  return Object.values(bins).reduce((sum, count) => sum + count, 0);
}

/** The bin in which that share of the answers is reached. */
function percentile(bins: ArmCounts['latency'], share: number): number {
  const sorted = Object.entries(bins)
    .map(([bin, count]) => ({ bin: Number(bin), count }))
    .sort((a, b) => a.bin - b.bin);
  let left = countOf(bins) * share;
  for (const { bin, count } of sorted) {
    left -= count;
    if (left <= 0) return bin;
  }
  return sorted.at(-1)?.bin ?? 0;
}

function above(bins: ArmCounts['latency'], slowFrom: number): number {
  return Object.entries(bins).reduce((sum, [bin, count]) => sum + (Number(bin) > slowFrom ? count : 0), 0);
}
