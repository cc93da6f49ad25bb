/** The door of the stage: what later stages may call. */

export { findProfile } from './dataset.store.ts';
export { type DatasetVersion, formatDatasetRef, parseDatasetRef, versionDigest } from './dataset.ts';
export { loadManifest } from './manifest-blob.ts';
export { materialiseVersion } from './materialise-version.ts';
export { type MlflowDataset, toMlflowDataset } from './mlflow-input.ts';
export { resolveVersion } from './resolve-version.ts';
