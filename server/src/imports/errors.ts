import { defineErrors } from '../platform/errors.ts';

export const importErrors = defineErrors('IMPORT', {
  NOT_FOUND: { status: 404, message: 'There is no import {import}.', next: 'List them: GET /api/v1/imports' },
  NAMES_TAKEN: {
    status: 409,
    message: 'These names are taken in Bucle by something that does not come from this source:\n{list}',
    next: 'Import under other names with --prefix TEXT, or rename what is there. Nothing was written.',
  },
  NOT_OWN: {
    status: 409,
    message: 'The {what} {id} is in Bucle, differs from the source, and was not imported from it.',
    next: 'Delete it in Bucle for good if the source is right, and import again.',
  },
  OWNER_NOT_FOUND: { status: 404, message: 'There is no {owner} of this import.' },
  ELSEWHERE: {
    status: 409,
    message: 'The artifacts of {owner} are at {uri}, which this server does not keep.',
    next: 'Import again without --no-artifacts.',
  },
  INVALID_PATH: { status: 400, message: 'The artifact path {path} is not allowed here.' },
  NO_SOURCE: {
    status: 404,
    message: 'There is nothing to import at {source}: {reason}.',
    next: 'Name a database (mlflow.db, sqlite:///…, postgresql://…), an mlruns folder, or a server (http://…).',
  },
  NOT_MLFLOW: {
    status: 422,
    message: '{source} is not a tracking store of MLflow: {reason}.',
    next: 'Name the file, database, folder or address that `mlflow server` was started with.',
  },
  SOURCE_FAILED: {
    status: 502,
    message: '{source} cannot be read: {reason}.',
    next: 'Correct that and run the same command again: it goes on where it stopped.',
    retryable: true,
  },
  NO_EXPERIMENT: {
    status: 404,
    message: 'The source has no experiment named {name}.',
    next: 'It has: {names}',
  },
});
