/** Distances between two distributions given as counts over the same cells. All of them are 0 for two empty or equal ones. */

/**
 * Population stability index Σ (p − q) ln(p / q), natural logarithm. p and q are (count + ½) / (n + k / 2) over the k cells that either
 * has: finite, symmetric, and small windows don't inflate it much.
 */
export function populationStability(reference: readonly number[], window: readonly number[]): number {
  const cells = usedCells(reference, window);
  const [n, m] = [total(reference) + cells.length / 2, total(window) + cells.length / 2];
  return cells.reduce((sum, cell) => {
    const p = ((reference[cell] ?? 0) + 0.5) / n;
    const q = ((window[cell] ?? 0) + 0.5) / m;
    return sum + (p - q) * Math.log(p / q);
  }, 0);
}

/** What the index is on average when nothing has changed: (k − 1)(1/n + 1/m), from Yurdakul & Naranjo (2020). */
export function expectedStability(cells: number, n: number, m: number): number {
  return cells < 2 || n === 0 || m === 0 ? 0 : (cells - 1) * (1 / n + 1 / m);
}

/** Jensen–Shannon distance, base 2, 0…1; scipy.spatial.distance.jensenshannon(base=2). The divergence is its square. */
export function jensenShannon(reference: readonly number[], window: readonly number[]): number {
  const [n, m] = [total(reference), total(window)];
  if (n === 0 || m === 0) return n === m ? 0 : 1;
  let divergence = 0;
  for (let cell = 0; cell < Math.max(reference.length, window.length); cell += 1) {
    const p = (reference[cell] ?? 0) / n;
    const q = (window[cell] ?? 0) / m;
    const middle = (p + q) / 2;
    if (p > 0) divergence += p * Math.log2(p / middle);
    if (q > 0) divergence += q * Math.log2(q / middle);
  }
  // Rounding may leave −1e-17 for equal distributions.
  return Math.min(1, Math.sqrt(Math.max(0, divergence / 2)));
}

/** Wasserstein-1 distance in the unit of the positions; scipy.stats.wasserstein_distance. Positions ascend. `null` without counts. */
export function wasserstein(
  positions: readonly number[],
  reference: readonly number[],
  window: readonly number[],
): number | null {
  const [n, m] = [total(reference), total(window)];
  if (n === 0 || m === 0) return null;
  let [below, belowWindow, distance] = [0, 0, 0];
  for (let cell = 0; cell + 1 < positions.length; cell += 1) {
    below += reference[cell] ?? 0;
    belowWindow += window[cell] ?? 0;
    distance += Math.abs(below / n - belowWindow / m) * ((positions[cell + 1] ?? 0) - (positions[cell] ?? 0));
  }
  return distance;
}

/** Where the values of each bin are taken to be: its middle; the open outer ones reach to the smallest and the largest value. */
export function binMiddles(edges: readonly number[], min: number, max: number): number[] {
  const from = Math.min(min, edges[0] ?? min);
  const to = Math.max(max, edges.at(-1) ?? max);
  const borders = [from, ...edges, to];
  // Halves first: the sum of two large numbers may be none.
  return Array.from({ length: edges.length + 1 }, (_, bin) => (borders[bin] ?? 0) / 2 + (borders[bin + 1] ?? 0) / 2);
}

/** The cells that either has. */
export function usedCells(reference: readonly number[], window: readonly number[]): number[] {
  const cells = Array.from({ length: Math.max(reference.length, window.length) }, (_, cell) => cell);
  return cells.filter((cell) => (reference[cell] ?? 0) + (window[cell] ?? 0) > 0);
}

export function total(counts: readonly number[]): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
