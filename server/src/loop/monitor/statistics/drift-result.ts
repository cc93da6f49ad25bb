import type { TestState } from './test-state.ts';

/** Goes with every stored result: another number means another method. */
export const DRIFT_METHOD =
  'rao-scott-f/1: two-sample Pearson over pooled cells, over-dispersion of the reference windows, moderated; F';

/** All that is needed to explain a drift test. JSON; what can't be computed is `null`. */
export type DriftResult = {
  state: TestState;
  /** P(F ≥ statistic) when nothing changed; while `learning` that of the plain χ² test. */
  pValue: number | null;
  alpha: number;
  statistic: number | null;
  df1: number | null;
  df2: number | null;
  /** What X²/df1 was divided by; 1: rows as good as independent. */
  overdispersion: number | null;
  /** Natural logarithm, add-half smoothing; `psiExpected` is its mean when nothing changed and rows are independent. */
  psi: number | null;
  psiExpected: number | null;
  /** Distance, base 2, 0…1: the effect that the floor is about. */
  jensenShannon: number | null;
  floor: number;
  /** D and its asymptotic p on the fine bins; `null` for a categorical feature. */
  ks: number | null;
  ksP: number | null;
  /** Two-sample Pearson on the pooled cells, no Yates; its p takes rows as independent. */
  chiSquared: number | null;
  chiSquaredP: number | null;
  /** Wasserstein-1 on the fine bins, in standard deviations of the reference; `null` for a categorical feature. */
  wasserstein: number | null;
  /** Counted values of the reference and of the window. */
  n: number;
  m: number;
  /** Cells that were compared, after pooling. */
  bins: number;
  referenceWindows: number;
  /** 4 to 7 reference windows. */
  fewReferences: boolean;
  method: string;
  /** For a person: why the state is what it is, where the numbers don't say. */
  note: string | null;
};
