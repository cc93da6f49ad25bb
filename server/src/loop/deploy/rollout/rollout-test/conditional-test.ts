/**
 * A test of "the canary has more of these events than its share", valid at every look and for any ramp. The router
 * itself draws who gets a request, so that, given that an event happened, it happened in the canary with the
 * probability `w` (the canary's weight at that moment) if both arms are alike, whatever the load and the time of day.
 * For a risk ratio ρ that probability is wρ / (wρ + 1 - w). One log-likelihood ratio per ρ of a grid is kept, against
 * the ratio that is tolerated; the mean of their exponentials exceeds 1/α with a probability of at most α if the true
 * ratio is the tolerated one or smaller.
 */
export interface ConditionalTest {
  /** One per ratio of the grid. */
  readonly logs: readonly number[];
  /** Events that were taken in. */
  readonly canary: number;
  readonly baseline: number;
}

const RATIOS = 40;
const SMALLEST = 1.1;
const LARGEST = 50;

/** How much worse than what is tolerated; log-spaced. */
const grid: readonly number[] = Array.from(
  { length: RATIOS },
  (_, at) => SMALLEST * (LARGEST / SMALLEST) ** (at / (RATIOS - 1)),
);

export const emptyTest: ConditionalTest = { logs: grid.map(() => 0), canary: 0, baseline: 0 };

/** Events of both arms while one weight (in (0, 1), of the canary) was in force. */
export interface Events {
  readonly weight: number;
  readonly canary: number;
  readonly baseline: number;
}

/**
 * Takes in events; `tolerated` is the risk ratio that is still no reason to act. Only the sums per weight matter, so
 * that a report with many events is worth as much as those events one by one.
 */
export function observeEvents(
  test: ConditionalTest,
  { weight, canary, baseline }: Events,
  tolerated: number,
): ConditionalTest {
  if (canary + baseline === 0 || weight <= 0 || weight >= 1) return test;
  const expected = chanceOf(weight, tolerated);
  const logs = test.logs.map((log, at) => {
    const chance = chanceOf(weight, tolerated * (grid[at] ?? 1));
    return log + canary * Math.log(chance / expected) + baseline * Math.log((1 - chance) / (1 - expected));
  });
  return { logs, canary: test.canary + canary, baseline: test.baseline + baseline };
}

/** How much better "the canary is worse than tolerated" explains what was seen: 1 says nothing, 100 a lot. */
export function evidenceOf({ logs }: ConditionalTest): number {
  const most = Math.max(...logs);
  if (most > 700) return Number.MAX_VALUE;
  return logs.reduce((sum, log) => sum + Math.exp(log), 0) / logs.length;
}

function chanceOf(weight: number, ratio: number): number {
  return (weight * ratio) / (weight * ratio + 1 - weight);
}
