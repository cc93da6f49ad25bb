/** The door of the stage: what later stages may call. */

export { scoreOf } from '../../engines/prediction-meaning.ts';
export { type BatchRange, type ListedBatch, listBatches } from './batch.store.ts';
export type { Capture } from './capture/capture.ts';
export { eraseCaptures } from './erase-captures.ts';
export { findPrediction } from './find-prediction.ts';
export { parsePredictionKey, predictionRef, rowOf } from './prediction.ts';
export { keyText } from './protocol/prediction-key.ts';
export { readBatch } from './read-batch.ts';
