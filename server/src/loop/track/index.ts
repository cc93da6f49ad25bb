/** The door of the stage: what later stages may call. */

export { findExperiment } from './experiment.store.ts';
export type { Experiment } from './experiment.ts';
export { keepGolden, openGolden } from './golden.ts';
export { findLoggedModel, listLoggedModelsOfRun } from './logged-model.store.ts';
export type { LoggedModel, LoggedModelDetail } from './logged-model.ts';
export * from './mlflow-protocol/index.ts';
export { listModelFiles, openModelFile } from './model-files.ts';
export { checkKeyName, checkLength } from './names.ts';
export type { DatasetInput, Run, RunDetail } from './run.ts';
export { findRun } from './run-detail.store.ts';
export { openRunFile } from './run-files.ts';
export { runTracking } from './run-tracking.ts';
