/** The door of the stage: what later stages may call. */

export { commitFiles, type FilesToCommit, type NewFile } from './commit-files.ts';
export { findProfile, listVersionsMentioning } from './dataset.store.ts';
export { type DatasetVersion, formatDatasetRef, parseDatasetRef, versionDigest } from './dataset.ts';
export { findDatasetDeclaration, listDatasetDeclarations } from './declaration.store.ts';
export type { DatasetDeclaration, DeclaredDataset } from './declaration.ts';
export { declareDataset, removeDatasetDeclaration } from './declare-dataset.ts';
export { loadManifest } from './manifest-blob.ts';
export { materialiseVersion } from './materialise-version.ts';
export { type MlflowDataset, toMlflowDataset } from './mlflow-input.ts';
export { placeTables } from './place-tables.ts';
export { resolveVersion } from './resolve-version.ts';
