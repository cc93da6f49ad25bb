/** Pure statistics of the monitor: profiles that add up, tests with a declared false-alarm rate. No SQL, no files, no clock. */

export {
  type Budget,
  type BudgetDeclaration,
  type BudgetLine,
  type BudgetPart,
  splitBudget,
} from './budget.ts';
export type { DriftResult } from './drift-result.ts';
export {
  type DriftTest,
  driftPrior,
  SLOW_WINDOWS,
  type SlowDriftTest,
  testDrift,
  testSlowDrift,
} from './drift-test.ts';
export { type FeatureBinning, makeBinning } from './feature-binning.ts';
export {
  addRows,
  emptyProfile,
  type FeatureProfile,
  featureOf,
  type Profile,
} from './feature-profile.ts';
export type { OverdispersionPrior } from './overdispersion.ts';
export type { Measured } from './prediction-interval.ts';
export type { Share } from './proportions.ts';
export { type QualityResult, type QualityTest, testQuality } from './quality-test.ts';
export { type ShareResult, type ShareTest, sharePrior, testShare } from './share-test.ts';
export type { TestState } from './test-state.ts';
export { testVolume, type VolumeResult, type VolumeTest } from './volume-test.ts';
