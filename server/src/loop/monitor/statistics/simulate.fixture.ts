import { normalUpper } from './tails.ts';

/** Worlds in which the truth is known: seeded draws of weeks of counts whose rows belong together (Dirichlet-multinomial). */

export type Random = () => number;

/** mulberry32: 32 bits of state, uniform in [0, 1). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One standard normal, by the ratio of uniforms. */
export function normal(random: Random): number {
  for (;;) {
    const u = 1 - random();
    const x = (1.7155277699214135 * (random() - 0.5)) / u;
    if (x * x <= -4 * Math.log(u)) return x;
  }
}

/** Counts of `rows` rows in cells of these shares; `effect` is the design effect 1 + (rows − 1)ρ of one week. */
export function week(shares: readonly number[], rows: number, effect: number, random: Random): number[] {
  if (effect <= 1) return multinomial(shares, rows, random);
  const concentration = (rows - 1) / (effect - 1) - 1;
  const draws = shares.map((share) => gamma(share * concentration, random));
  const sum = draws.reduce((all, draw) => all + draw, 0);
  return multinomial(
    draws.map((draw) => draw / sum),
    rows,
    random,
  );
}

function multinomial(shares: readonly number[], rows: number, random: Random): number[] {
  let left = rows;
  let mass = 1;
  return shares.map((share, cell) => {
    const count = cell === shares.length - 1 ? left : binomial(left, Math.min(1, share / mass), random);
    left -= count;
    mass -= share;
    return count;
  });
}

/** Marsaglia & Tsang (2000). */
function gamma(shape: number, random: Random): number {
  if (shape < 1) return gamma(shape + 1, random) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Exact: by Hörmann's transformed rejection (1993) where the mean is 10 or more, by waiting times below. */
export function binomial(rows: number, share: number, random: Random): number {
  if (rows <= 0 || share <= 0) return 0;
  if (share > 0.5) return rows - binomial(rows, 1 - share, random);
  return rows * share < 10 ? rareBinomial(rows, share, random) : transformedRejection(rows, share, random);
}

function rareBinomial(rows: number, share: number, random: Random): number {
  const step = Math.log1p(-share);
  let at = 0;
  for (let count = 0; ; count += 1) {
    at += Math.floor(Math.log(1 - random()) / step) + 1;
    if (at > rows) return count;
  }
}

function transformedRejection(rows: number, p: number, random: Random): number {
  const spread = Math.sqrt(rows * p * (1 - p));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const c = rows * p + 0.5;
  const v0 = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * spread;
  const odds = Math.log(p / (1 - p));
  const mode = Math.floor((rows + 1) * p);
  const h = stirlingLog(mode) + stirlingLog(rows - mode);
  for (;;) {
    const u = random() - 0.5;
    const v = 1 - random();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + c);
    if (k < 0 || k > rows) continue;
    if (us >= 0.07 && v <= v0) return k;
    const density = h - stirlingLog(k) - stirlingLog(rows - k) + (k - mode) * odds;
    if (Math.log((v * alpha) / (a / (us * us) + b)) <= density) return k;
  }
}

/** ln n!, by Stirling's series from 10 on. */
function stirlingLog(n: number): number {
  if (n < 10) {
    let sum = 0;
    for (let factor = 2; factor <= n; factor += 1) sum += Math.log(factor);
    return sum;
  }
  const x = n + 1;
  return (x - 0.5) * Math.log(x) - x + 0.9189385332046728 + (1 / 12 - (1 / 360 - 1 / (1_260 * x * x)) / (x * x)) / x;
}

/** Deciles of N(0, 1), without the outer ones. */
const DECILES = [-1.2815515655446004, -0.8416212335729143, -0.5244005127080409, -0.2533471031357997];

/** The shares of ten bins with .1 each after the values have moved by `delta` standard deviations. */
export function movedShares(delta: number): number[] {
  const edges = [...DECILES, 0, ...DECILES.map((edge) => -edge).reverse()];
  const above = [1, ...edges.map((edge) => normalUpper(edge - delta)), 0];
  return SHARE_INDEXES.map((bin) => (above[bin] ?? 0) - (above[bin + 1] ?? 0));
}

const SHARE_INDEXES = Array.from({ length: 10 }, (_, bin) => bin);

export function addUp(weeks: readonly (readonly number[])[]): number[] {
  const [first = []] = weeks;
  return first.map((_, cell) => weeks.reduce((sum, counts) => sum + (counts[cell] ?? 0), 0));
}
