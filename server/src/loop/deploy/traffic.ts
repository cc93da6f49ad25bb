/** Deployment id → percent. Sums to 100, or is empty. */
export type Traffic = Readonly<Record<string, number>>;

/** Percentages are kept to two digits; counted in hundredths, so that sums are exact. */
const WHOLE = 10_000;

/** What is wrong with a split, for a person; `null` when nothing is. */
export function trafficProblem(traffic: Traffic): string | null {
  const shares = Object.values(traffic);
  if (shares.length === 0) return 'it names no deployment';
  if (shares.some((share) => !Number.isFinite(share) || share < 0)) return 'a share is no number of percent';
  if (shares.some((share) => Math.abs(share * 100 - Math.round(share * 100)) > 1e-6)) {
    return 'a share has more than two digits after the point';
  }
  const sum = shares.reduce((total, share) => total + hundredths(share), 0);
  return sum === WHOLE ? null : `the shares sum to ${sum / 100}, not to 100`;
}

/** Without the deployments that get nothing. */
export function withoutZeros(traffic: Traffic): Traffic {
  return Object.fromEntries(Object.entries(traffic).filter(([, share]) => share > 0));
}

/**
 * Gives one deployment its share and leaves the rest to the others in the proportions that they had.
 * When there are no others it gets all.
 */
export function shiftTraffic(current: Traffic, id: string, percent: number): Traffic {
  const others = Object.entries(current).filter(([other, share]) => other !== id && share > 0);
  const total = others.reduce((sum, [, share]) => sum + hundredths(share), 0);
  if (total === 0) return { [id]: 100 };
  const rest = WHOLE - hundredths(percent);
  const scaled = others.map(([other, share]) => ({ other, exact: (hundredths(share) * rest) / total }));
  const shares = scaled.map(({ other, exact }) => ({ other, share: Math.floor(exact), left: exact % 1 }));
  let missing = rest - shares.reduce((sum, { share }) => sum + share, 0);
  // Largest remainder first, so that the sum is exact.
  for (const one of [...shares].sort((a, b) => b.left - a.left)) {
    if (missing <= 0) break;
    one.share += 1;
    missing -= 1;
  }
  const split = Object.fromEntries(shares.map(({ other, share }) => [other, share / 100]));
  return withoutZeros({ ...split, [id]: percent });
}

/** Those that had traffic before and have none after. */
export function losers(before: Traffic, after: Traffic): string[] {
  return Object.keys(before).filter((id) => (before[id] ?? 0) > 0 && (after[id] ?? 0) === 0);
}

function hundredths(share: number): number {
  return Math.round(share * 100);
}
