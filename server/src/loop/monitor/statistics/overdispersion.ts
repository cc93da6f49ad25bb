/**
 * How much more the reference windows differ from each other than independent rows would: the design effect of first-order Rao–Scott
 * (1984), measured by Pearson's homogeneity statistic of the B×k table.
 */
export type Overdispersion = {
  /** X²_hom / df; 1 for independent rows. Not cut at 1. */
  ratio: number;
  /** (B − 1)(k − 1); 0 when there is nothing to measure. */
  df: number;
};

/** What other features of the same reference say about the ratio: a scaled inverse χ² (Smyth 2004, "moderated" variances). */
export type OverdispersionPrior = Overdispersion;

/** Knows nothing: every feature stands for itself. */
export const NO_PRIOR: OverdispersionPrior = { ratio: 1, df: 0 };

/** The other features count at most this many times as much as the feature itself, and a quarter of that each. */
const PRIOR_LIMIT = 3;
const PRIOR_PER_FEATURE = 1 / 4;

/** Homogeneity of the windows' counts (B rows of k cells); empty windows and cells don't count. */
export function measureOverdispersion(windows: readonly (readonly number[])[]): Overdispersion {
  const cells = windows[0]?.length ?? 0;
  const sums = new Float64Array(cells);
  let rows = 0;
  let used = 0;
  for (const window of windows) {
    let size = 0;
    for (let cell = 0; cell < cells; cell += 1) {
      size += window[cell] ?? 0;
      sums[cell] = (sums[cell] ?? 0) + (window[cell] ?? 0);
    }
    rows += size;
    if (size > 0) used += 1;
  }
  const present = sums.reduce((count, sum) => count + (sum > 0 ? 1 : 0), 0);
  if (used < 2 || present < 2) return { ratio: 1, df: Math.max(0, used - 1) };
  const df = (used - 1) * (present - 1);
  return { ratio: homogeneity(windows, sums, rows) / df, df };
}

/** Σ (observed − expected)² / expected over all windows and cells. */
function homogeneity(windows: readonly (readonly number[])[], sums: Float64Array, rows: number): number {
  let statistic = 0;
  for (const window of windows) {
    let size = 0;
    for (const count of window) size += count;
    if (size === 0) continue;
    for (let cell = 0; cell < sums.length; cell += 1) {
      const expected = ((sums[cell] ?? 0) * size) / rows;
      const difference = (window[cell] ?? 0) - expected;
      if (expected > 0) statistic += (difference * difference) / expected;
    }
  }
  return statistic;
}

/**
 * The prior from all features of one reference, by the moments of the scaled F distribution that their ratios follow when the true
 * ratios spread as a scaled inverse χ². The more the ratios differ beyond chance, the less the prior says.
 */
export function priorOf(measured: readonly Overdispersion[]): OverdispersionPrior {
  const known = measured.filter(({ df }) => df > 0);
  if (known.length < 3) return NO_PRIOR;
  const df = known.length / known.reduce((sum, one) => sum + 1 / one.df, 0);
  const mean = known.reduce((sum, one) => sum + one.ratio, 0) / known.length;
  const variance = known.reduce((sum, one) => sum + (one.ratio - mean) ** 2, 0) / (known.length - 1);
  if (!(mean > 0)) return NO_PRIOR;
  const spread = (df * variance) / mean ** 2;
  const estimated = spread > 2 ? (4 * spread + 2 * df - 4) / (spread - 2) : Number.POSITIVE_INFINITY;
  return { ratio: mean, df: Math.min(estimated, df * Math.min(PRIOR_LIMIT, (known.length - 1) * PRIOR_PER_FEATURE)) };
}

/**
 * The ratio to test with and its degrees of freedom: the feature's own joined with the prior. Never below the feature's own nor below 1,
 * so that a feature that really varies more than the others is not judged by them.
 */
export function moderate(own: Overdispersion, prior: OverdispersionPrior): Overdispersion {
  const df = own.df + prior.df;
  const joined = df > 0 ? (own.df * own.ratio + prior.df * prior.ratio) / df : 1;
  return { ratio: Math.max(1, own.ratio, joined), df };
}

/**
 * The ratio for comparing the pooled reference with windows of other sizes. Rows of one window that belong together (intra-class
 * correlation ρ) add (rows − 1)·ρ to its design effect; for windows as large as the reference's nothing changes. With larger windows the
 * ratio is known less well: its degrees of freedom shrink by Satterthwaite's rule.
 */
export function scaleToSizes(
  { ratio, df }: Overdispersion,
  reference: readonly number[],
  windows: readonly number[],
): Overdispersion {
  const [n, nSquares] = sums(reference);
  const [m, mSquares] = sums(windows);
  const used = reference.reduce((count, rows) => count + (rows > 0 ? 1 : 0), 0);
  const measured = (n - nSquares / n) / (used - 1) - 1;
  if (ratio <= 1 || !(measured > 0) || m === 0) return { ratio: Math.max(1, ratio), df };
  const compared = ((mSquares / m - 1) / m + (nSquares / n - 1) / n) / (1 / m + 1 / n);
  const factor = Math.max(0, compared / measured);
  const scaled = 1 + (ratio - 1) * factor;
  return { ratio: scaled, df: Math.min(df, df * (scaled / (factor * ratio)) ** 2) };
}

function sums(sizes: readonly number[]): [number, number] {
  let [sum, squares] = [0, 0];
  for (const size of sizes) {
    sum += size;
    squares += size * size;
  }
  return [sum, squares];
}
