import type { FeatureBinning } from './statistics/feature-binning.ts';
import { emptyProfile, mergeProfiles, type Profile } from './statistics/feature-profile.ts';

/** How rows are counted: the features by their columns, the prediction as one more. */
export interface Binnings {
  readonly features: readonly FeatureBinning[];
  /** Null: the endpoint does not declare what its prediction means. */
  readonly prediction: FeatureBinning | null;
}

/** What a window, or a part of it, says. Adding is exact. */
export interface WindowProfile {
  readonly features: Profile;
  readonly prediction: Profile;
}

/** The one column of the profile of predictions. */
export const PREDICTION = 'prediction';

export function emptyWindowProfile({ features, prediction }: Binnings): WindowProfile {
  return { features: emptyProfile(features), prediction: emptyProfile(prediction ? [prediction] : []) };
}

export function addWindowProfiles(one: WindowProfile, other: WindowProfile): WindowProfile {
  return {
    features: mergeProfiles(one.features, other.features),
    prediction: mergeProfiles(one.prediction, other.prediction),
  };
}
