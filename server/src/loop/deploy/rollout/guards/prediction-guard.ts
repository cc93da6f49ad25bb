import type { ArmCounts } from '../../desired-state.schema.ts';
import { type ConditionalTest, emptyTest, evidenceOf, observeEvents } from '../rollout-test/conditional-test.ts';
import { addCounts, type Guard, noCounts, percentOf, type Verdict } from './guard.ts';

type Bins = ArmCounts['predictions'];

/** Neighbouring bins that hold at least a tenth of the baseline's predictions together. */
interface Group {
  readonly bins: readonly string[];
  readonly more: ConditionalTest;
  readonly less: ConditionalTest;
}

interface PredictionState {
  /** What the groups are made of, until they are frozen. */
  readonly learned: Bins;
  readonly groups: readonly Group[] | null;
  readonly canary: Bins;
  readonly baseline: Bins;
}

const MIN_PREDICTIONS = 200;
const GROUP_SHARE = 0.1;
/** So many predictions that are all the same are a collapse, where the baseline's are not. */
const COLLAPSE_MIN = 50;
const COLLAPSE_SHARE = 0.99;
const USUAL_SHARE = 0.9;

/**
 * Watches what is predicted. A new model should differ, so that a shift beyond what is tolerated asks for a person,
 * in both directions; only a collapse (all predictions the same, or none) ends the rollout.
 */
export function predictionGuard(options: {
  readonly tolerate: number;
  /** Evidence from which one group holds, for one group in one direction. */
  readonly threshold: number;
}): Guard<PredictionState> {
  const { tolerate, threshold } = options;
  return {
    name: 'predictions',
    begin: ({ predictions }) => ({ learned: predictions, groups: makeGroups(predictions), canary: {}, baseline: {} }),
    look(state, { weight, canary, baseline }) {
      const seen = {
        canary: add(state.canary, canary.predictions),
        baseline: add(state.baseline, baseline.predictions),
      };
      if (state.groups === null) {
        const learned = add(state.learned, baseline.predictions);
        return { ...seen, learned, groups: makeGroups(learned) };
      }
      const known = new Set(state.groups.flatMap(({ bins }) => bins));
      const groups = state.groups.map((group, at) => {
        // The last group takes what nobody had predicted before.
        const within = (bin: string) => group.bins.includes(bin) || (at === last(state.groups) && !known.has(bin));
        const [inCanary, inBaseline] = [sum(canary.predictions, within), sum(baseline.predictions, within)];
        return {
          bins: group.bins,
          more: observeEvents(group.more, { weight, canary: inCanary, baseline: inBaseline }, tolerate),
          // The same question from the baseline's side.
          less: observeEvents(group.less, { weight: 1 - weight, canary: inBaseline, baseline: inCanary }, tolerate),
        };
      });
      return { ...seen, learned: state.learned, groups };
    },
    verdict(state) {
      const collapsed = collapseOf(state);
      if (collapsed !== null) return collapsed;
      const { groups, learned } = state;
      if (groups === null) {
        const missing = MIN_PREDICTIONS - sum(learned);
        return {
          verdict: 'learn',
          says: `predictions: needs ${missing} more of the baseline, with a declared meaning`,
        };
      }
      const limit = threshold * groups.length * 2;
      const odd = groups.find(({ more, less }) => Math.max(evidenceOf(more), evidenceOf(less)) >= limit);
      if (!odd) return { verdict: 'pass', says: `predictions: alike in ${groups.length} groups` };
      const within = (bin: string) => odd.bins.includes(bin);
      const share = (bins: Bins) => percentOf(sum(bins, within), sum(bins));
      return {
        verdict: 'hold',
        says: `predictions in ${describe(odd.bins)}: ${share(state.canary)} of the canary's, ${share(state.baseline)} of the baseline's`,
      };
    },
  };
}

function collapseOf({ canary, baseline }: PredictionState): Verdict | null {
  const total = sum(canary);
  const [bin, count] = Object.entries(canary).sort(([, a], [, b]) => b - a)[0] ?? ['', 0];
  if (total < COLLAPSE_MIN || count < total * COLLAPSE_SHARE) return null;
  const usual = sum(baseline) === 0 ? 0 : (baseline[bin] ?? 0) / sum(baseline);
  // Without anything to compare with, "all the same" may be what is right.
  if (sum(baseline) < COLLAPSE_MIN || usual > USUAL_SHARE) return null;
  return {
    verdict: 'abort',
    says: `predictions collapsed: ${percentOf(count, total)} of ${total} are ${describe([bin])}, of the baseline's ${percentOf(baseline[bin] ?? 0, sum(baseline))}`,
  };
}

function makeGroups(learned: Bins): Group[] | null {
  const total = sum(learned);
  if (total < MIN_PREDICTIONS) return null;
  const groups: string[][] = [];
  let open: string[] = [];
  for (const bin of Object.keys(learned).sort(byNumber)) {
    open.push(bin);
    const group = open;
    if (sum(learned, (one) => group.includes(one)) < total * GROUP_SHARE) continue;
    groups.push(open);
    open = [];
  }
  // What is left is too small to stand alone.
  if (groups.length > 0) groups.at(-1)?.push(...open);
  else groups.push(open);
  return groups.map((bins) => ({ bins, more: emptyTest, less: emptyTest }));
}

function byNumber(a: string, b: string): number {
  const [one, other] = [Number(a), Number(b)];
  if (Number.isNaN(one) || Number.isNaN(other)) return a < b ? -1 : 1;
  return one - other;
}

function describe(bins: readonly string[]): string {
  const [first = '', end = first] = [bins[0], bins.at(-1)];
  return first === end ? `bin ${first}` : `bins ${first} to ${end}`;
}

function last(groups: readonly Group[] | null): number {
  return (groups?.length ?? 0) - 1;
}

function add(a: Bins, b: Bins): Bins {
  return addCounts({ ...noCounts, predictions: a }, { ...noCounts, predictions: b }).predictions;
}

function sum(bins: Bins, within: (bin: string) => boolean = () => true): number {
  return Object.entries(bins).reduce((total, [bin, count]) => total + (within(bin) ? count : 0), 0);
}
