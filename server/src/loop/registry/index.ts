/** The door of the stage: what later stages may call. */

export { findWholeModel, type GivenModel, importModel } from './import-model.ts';
export { type ModelVersion, versionRef } from './model.ts';
export { type Registration, registerLoggedModel } from './register-logged-model.ts';
export { resolveVersion } from './resolve-version.ts';
export { findVersion, listVersionsOfLoggedModel, listVersionsOfRun } from './version.store.ts';
