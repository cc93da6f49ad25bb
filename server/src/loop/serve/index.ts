/** The door of the stage: what later stages may call. */

export type { Capture } from './capture/capture.ts';
export { findPrediction } from './find-prediction.ts';
export { parsePredictionKey, predictionRef, rowOf } from './prediction.ts';
