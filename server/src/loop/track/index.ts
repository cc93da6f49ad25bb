/** The door of the stage: what later stages may call. */

export { artifactFolder, artifactKey, locatedKey } from './artifact-path.ts';
export { findExperiment, findExperimentByName } from './experiment.store.ts';
export type { Experiment, ExperimentWithTags } from './experiment.ts';
export { keepGolden, openGolden } from './golden.ts';
export {
  findExperiments,
  findLoggedModels,
  findRuns,
  type GivenExperiment,
  importExperiment,
  importLoggedModel,
  importPoints,
  importRun,
  updateImportedExperiment,
  walkPoints,
} from './import-records.ts';
export { findLoggedModel, listLoggedModelsOfRun } from './logged-model.store.ts';
export type { LoggedModel, LoggedModelDetail } from './logged-model.ts';
export * from './mlflow-protocol/index.ts';
export { listModelFiles, openModelFile } from './model-files.ts';
export { checkKeyName, checkLength } from './names.ts';
export { noteModelVersion } from './note-model-version.ts';
export { type Purged, purge } from './purge.ts';
export type { DatasetInput, Point, Run, RunDetail } from './run.ts';
export { findRun } from './run-detail.store.ts';
export { openRunFile } from './run-files.ts';
export { runTracking } from './run-tracking.ts';
export { sendArtifact } from './send-artifact.ts';
