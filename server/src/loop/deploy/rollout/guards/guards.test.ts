import { describe, expect, test } from 'vitest';
import type { ArmCounts } from '../../desired-state.schema.ts';
import { defaultGuards, type GuardPlan, type Rollout } from '../rollout.ts';
import { type Arms, noCounts, subtractCounts } from './guard.ts';
import { beginEvidence, lookAt, objectionOf } from './watch-rollout.ts';

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Version {
  readonly faults: number;
  readonly refusals?: number;
  /** Times as slow. */
  readonly slow?: number;
  /** Every prediction is in this bin. */
  readonly bin?: number;
}

function serve(random: () => number, requests: number, { faults, refusals = 0, slow = 1, bin }: Version): ArmCounts {
  const latency: Record<string, number> = {};
  const predictions: Record<string, number> = {};
  const errors = { client: 0, model: 0, timeout: 0, overload: 0 };
  const add = (bins: Record<string, number>, name: number) => {
    bins[name] = (bins[name] ?? 0) + 1;
  };
  for (let at = 0; at < requests; at += 1) {
    const luck = random();
    if (luck < faults) errors.model += 1;
    else if (luck < faults + refusals) errors.client += 1;
    else {
      add(latency, 20 + Math.floor(12 * random() ** 3) + Math.round(4 * Math.log2(slow)));
      add(predictions, bin ?? Math.floor(20 * random() * random()));
    }
  }
  return { requests, errors, latency, predictions };
}

type Watched = Pick<Rollout, 'plan' | 'evidence' | 'waived' | 'state' | 'step'>;

function begin(guards: GuardPlan = defaultGuards, history = noCounts): Watched {
  const plan = { steps: [{ percent: 10, minSeconds: 0, minRequests: 0 }], guards, maxSeconds: null };
  return { plan, evidence: beginEvidence(plan, history), waived: [], state: 'canary', step: 0 };
}

/** Looks every second of `seconds`, the split drawn anew for each request; the first objection, and when. */
function run(options: {
  readonly seed: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly weight: number;
  readonly baseline: Version;
  readonly canary: Version;
  readonly guards?: GuardPlan;
}) {
  const random = createRandom(options.seed);
  let rollout = begin(options.guards, serve(random, 500, options.baseline));
  for (let second = 1; second <= options.seconds; second += 1) {
    let inCanary = 0;
    for (let at = 0; at < options.perSecond; at += 1) if (random() < options.weight) inCanary += 1;
    const arms: Arms = {
      weight: options.weight,
      canary: serve(random, inCanary, options.canary),
      baseline: serve(random, options.perSecond - inCanary, options.baseline),
    };
    rollout = { ...rollout, evidence: lookAt(rollout, [arms]) };
    const objection = objectionOf(rollout);
    if (objection !== null) return { ...objection, second };
  }
  return null;
}

const good = { faults: 0.005, refusals: 0.01 };

describe('the guards of a rollout', () => {
  test('take back at most 1 % of the versions that are as good, over all guards together and at every look', () => {
    const verdicts = Array.from({ length: 100 }, (_, seed) =>
      run({ seed, seconds: 180, perSecond: 50, weight: 0.1, baseline: good, canary: good }),
    );
    const aborted = verdicts.filter((one) => one?.verdict === 'abort').length;
    const held = verdicts.filter((one) => one?.verdict === 'hold').length;
    expect(aborted).toBeLessThanOrEqual(1);
    expect(held).toBeLessThanOrEqual(1);
  });

  test('find 5 % of faults instead of 0.5 % within three minutes at 60 canary requests a minute', () => {
    const found = Array.from({ length: 60 }, (_, seed) =>
      run({ seed, seconds: 900, perSecond: 10, weight: 0.1, baseline: good, canary: { ...good, faults: 0.05 } }),
    ).map((one) => (one?.verdict === 'abort' ? one.second : Number.POSITIVE_INFINITY));
    const median = found.sort((a, b) => a - b)[found.length / 2] ?? 0;
    expect(median).toBeLessThanOrEqual(180);
    expect(found.filter((second) => second <= 900).length).toBeGreaterThanOrEqual(54);
  });

  test('end a total outage within the first 20 requests of the canary', () => {
    const end = run({ seed: 1, seconds: 20, perSecond: 10, weight: 0.1, baseline: good, canary: { faults: 1 } });
    expect(end).toMatchObject({ guard: 'outage', verdict: 'abort', says: 'faults in this step: 6 of 6 (100 %)' });
  });

  test('leave a candidate alone when both arms fail alike: it is no fault of its own', () => {
    const both = { faults: 0.4 };
    expect(run({ seed: 2, seconds: 120, perSecond: 50, weight: 0.2, baseline: both, canary: both })).toBe(null);
  });

  test('hold, and do not abort, when it refuses more requests, and abort when it is four times as slow', () => {
    const strict = run({
      ...{ seed: 3, seconds: 300, perSecond: 50, weight: 0.2, baseline: good, canary: { ...good, refusals: 0.2 } },
    });
    expect(strict).toMatchObject({ guard: 'refusals', verdict: 'hold' });
    const slow = run({
      ...{ seed: 4, seconds: 300, perSecond: 50, weight: 0.2, baseline: good, canary: { ...good, slow: 4 } },
      guards: { ...defaultGuards, latency: { tolerate: 2, floorMs: 1 } },
    });
    expect(slow).toMatchObject({ guard: 'latency', verdict: 'abort', says: expect.stringMatching(/^slower than \d/) });
  });

  test('abort when all predictions are the same, and hold when their distribution is quite another', () => {
    const options = { seconds: 300, perSecond: 50, weight: 0.2, baseline: good };
    const collapsed = run({ ...options, seed: 5, canary: { ...good, bin: 0 } });
    expect(collapsed).toMatchObject({ guard: 'predictions', verdict: 'abort' });
    const random = createRandom(6);
    let rollout = begin(defaultGuards, serve(random, 500, good));
    for (let second = 0; second < 60; second += 1) {
      const canary = serve(random, 10, good);
      // The upper half is never predicted, and everything else more often.
      const lower = Object.entries(canary.predictions).filter(([bin]) => Number(bin) < 3);
      const predictions = Object.fromEntries(lower.map(([bin, count]) => [bin, count * 4]));
      const arms = { weight: 0.2, canary: { ...canary, predictions }, baseline: serve(random, 40, good) };
      rollout = { ...rollout, evidence: lookAt(rollout, [arms]) };
    }
    expect(objectionOf(rollout)).toMatchObject({ guard: 'predictions', verdict: 'hold' });
    expect(objectionOf({ ...rollout, waived: ['predictions'] })).toBe(null);
  });

  test('say nothing without data', () => {
    expect(objectionOf(begin())).toBe(null);
    expect(lookAt(begin(), []).says['latency']).toBe('latency: needs 200 more answers of the baseline');
  });

  test('counts that come in one report are worth the same as one by one', () => {
    const random = createRandom(7);
    const parts = Array.from({ length: 20 }, () => ({
      ...{ weight: 0.1, canary: serve(random, 5, { faults: 0.1 }), baseline: serve(random, 45, good) },
    }));
    const history = serve(random, 500, good);
    let oneByOne = begin(defaultGuards, history);
    for (const arms of parts) oneByOne = { ...oneByOne, evidence: lookAt(oneByOne, [arms]) };
    const atOnce = lookAt(begin(defaultGuards, history), parts);
    expect(atOnce).toEqual(oneByOne.evidence);
  });

  test('what was taken in of a counter is not taken in again', () => {
    const random = createRandom(8);
    const counts = serve(random, 50, good);
    expect(subtractCounts(counts, counts)).toEqual(noCounts);
    expect(subtractCounts(counts, noCounts)).toEqual(counts);
  });
});
