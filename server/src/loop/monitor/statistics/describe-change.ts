import {
  binMiddles,
  expectedStability,
  jensenShannon,
  populationStability,
  total,
  usedCells,
  wasserstein,
} from './distances.ts';
import type { DriftResult } from './drift-result.ts';
import type { FeatureBinning } from './feature-binning.ts';
import { deviationOf, type FeatureProfile } from './feature-profile.ts';
import { kolmogorovSmirnovOfCounts } from './kolmogorov-smirnov.ts';

type Change = Pick<DriftResult, 'psi' | 'psiExpected' | 'jensenShannon' | 'ks' | 'ksP' | 'wasserstein'>;

/** How large the change is, in the words that people know. Both profiles have values. */
export function describeChange(reference: FeatureProfile, window: FeatureProfile, binning: FeatureBinning): Change {
  const ks = binning.kind === 'numeric' ? kolmogorovSmirnovOfCounts(reference.fine, window.fine) : null;
  const cells = usedCells(reference.counts, window.counts).length;
  return {
    psi: populationStability(reference.counts, window.counts),
    psiExpected: expectedStability(cells, total(reference.counts), total(window.counts)),
    jensenShannon: jensenShannon(reference.counts, window.counts),
    ks: ks?.d ?? null,
    ksP: ks?.p ?? null,
    wasserstein: binning.kind === 'numeric' ? normedWasserstein(reference, window, binning) : null,
  };
}

/** Distances below a thousandth of the unit don't blow up for a feature that hardly varied: the rule of Evidently's default. */
const SMALLEST_DEVIATION = 0.001;

function normedWasserstein(reference: FeatureProfile, window: FeatureProfile, binning: FeatureBinning): number | null {
  const min = Math.min(reference.min ?? Number.POSITIVE_INFINITY, window.min ?? Number.POSITIVE_INFINITY);
  const max = Math.max(reference.max ?? Number.NEGATIVE_INFINITY, window.max ?? Number.NEGATIVE_INFINITY);
  const distance = wasserstein(binMiddles(binning.fine, min, max), reference.fine, window.fine);
  const deviation = Math.max(deviationOf(reference, binning) ?? 0, SMALLEST_DEVIATION);
  const normed = distance === null ? Number.NaN : distance / deviation;
  return Number.isFinite(normed) ? normed : null;
}
