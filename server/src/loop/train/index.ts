/** The door of the stage: what later stages may call. */

export { findAttempt, findAttemptByRun, listAttempts } from './attempt.store.ts';
export { cancelJob } from './cancel-job.ts';
export { declareJobTemplate, removeJobTemplate } from './declare-job-template.ts';
export { findEnvironment, type RecordedEnvironment } from './environment.store.ts';
export { findJob, listJobs } from './job.store.ts';
export type { Attempt, GitState, Job, JobInput, JobState, Outcome } from './job.ts';
export { findJobTemplate, listJobTemplates } from './job-template.store.ts';
export { type JobTemplate, requestOf } from './job-template.ts';
export { findSnapshot } from './snapshot.store.ts';
export type { Snapshot } from './snapshot.ts';
export { listSnapshotFiles } from './store-snapshot.ts';
export { type JobRequest, submitJob } from './submit-job.ts';
