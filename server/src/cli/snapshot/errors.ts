import { defineErrors } from '../../platform/errors.ts';

const IGNORE =
  'Leave out what the job does not need by a line in .bucleignore; data belongs into a dataset: bucle data push NAME PATH';

export const snapshotErrors = defineErrors('CLI', {
  NO_PROJECT: { status: 400, message: '{path} is no folder.', next: 'Name the folder of the code by --project DIR.' },
  SECRETS: {
    status: 422,
    message: '{count} would be stored with the job:\n{list}',
    next: 'Leave them out by lines in .bucleignore, or say of each that it is none: --allow-secret {example}',
  },
  TOO_MANY_FILES: {
    status: 422,
    message: 'The project has {count} files; a job takes {limit} at most.\n{list}',
    next: IGNORE,
  },
  TOO_LARGE: { status: 422, message: 'The project has {bytes}; a job takes {limit} at most.\n{list}', next: IGNORE },
  FILE_TOO_LARGE: { status: 422, message: '{path} has {bytes}; one file of a job may have {limit}.', next: IGNORE },
  FILE_NAME: {
    status: 422,
    message: 'The name {path} {problem}.',
    next: 'Rename the file, or leave it out by a line in .bucleignore.',
  },
  FILE_CHANGED: {
    status: 409,
    message: '{path} changed while it was read.',
    next: 'Run it again; if a program writes that file all the time, leave it out by a line in .bucleignore.',
  },
  FILE_UNREADABLE: {
    status: 400,
    message: '{path} cannot be read: {reason}.',
    next: 'Make it readable, or leave it out by a line in .bucleignore.',
  },
  GIT_FAILED: {
    status: 400,
    message: 'git {command} failed: {reason}',
    next: 'Run it yourself in {folder} to see more.',
  },
});
