import { defineErrors } from '../../platform/errors.ts';

export const trainErrors = defineErrors('TRAIN', {
  JOB_NOT_FOUND: { status: 404, message: 'There is no job {job}.', next: 'List them with `bucle jobs ls`.' },
  TEMPLATE_NOT_FOUND: {
    status: 404,
    message: 'No job {template} is declared.',
    next: '`bucle jobs templates` lists those that are; name it under `jobs` of bucle.yaml and run `bucle apply`.',
  },
  ATTEMPT_NOT_FOUND: {
    status: 404,
    message: 'The job {job} has no attempt {attempt}.',
    next: '`bucle jobs show {job}` lists its attempts.',
  },
  JOB_IS_OVER: { status: 409, message: 'The job {job} is over: it is {state}.' },
  KEY_REUSED: {
    status: 422,
    message: 'The Idempotency-Key {key} belongs to the job {job}, which was asked for with another request.',
    next: 'Send another key, or exactly the same request.',
  },
  INVALID_JOB: { status: 422, message: 'The job is not valid: {problem}', next: '{hint}' },
  SNAPSHOT_NOT_FOUND: {
    status: 404,
    message: 'There is no snapshot {snapshot}.',
    next: 'Send its files and commit it by POST /api/v1/snapshots first; `bucle jobs run` does that.',
  },
  SNAPSHOT_FILE_NOT_FOUND: { status: 404, message: 'The snapshot {snapshot} has no file {path}.' },
  INVALID_SNAPSHOT: { status: 422, message: 'The snapshot is not valid: {problem}' },
  FILES_MISSING: {
    status: 409,
    message: '{count} files of the snapshot are not stored here, {example} among them.',
    next: 'Ask POST /api/v1/snapshots/missing, send them by PUT /api/v1/snapshots/files/{sha256}, and commit again.',
  },
  HASH_MISMATCH: {
    status: 422,
    message: 'The bytes that were sent have the SHA-256 {found}, not {expected}; nothing was stored.',
    next: 'Send the file again; it may have changed meanwhile.',
  },
  FILE_TOO_LARGE: { status: 413, message: 'A file of a snapshot may have {limit} bytes at most.' },
  ENVIRONMENT_NOT_FOUND: { status: 404, message: 'There is no environment {environment}.' },
  LOG_ELSEWHERE: {
    status: 503,
    message: 'The log of this attempt is still on another machine; it is stored here when the attempt ends.',
    retryable: true,
  },
  RUNNER_FAILED: { status: 500, message: 'The runner of the attempt does not start: {reason}', retryable: true },
});
