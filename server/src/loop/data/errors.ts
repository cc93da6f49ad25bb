import { defineErrors } from '../../platform/errors.ts';

export const dataErrors = defineErrors('DATA', {
  DATASET_NOT_FOUND: {
    status: 404,
    message: 'There is no dataset {name}.',
    next: 'List them with `bucle data ls`, or make it with `bucle data push {name} PATH`.',
  },
  VERSION_NOT_FOUND: {
    status: 404,
    message: 'The dataset {name} has no version {version}.',
    next: 'List its versions with `bucle data show {name}`.',
  },
  NOT_DECLARED: {
    status: 404,
    message: 'Nothing is declared of the dataset {name}.',
    next: 'Name it under `datasets` of bucle.yaml and run `bucle apply`.',
  },
  FILE_NOT_FOUND: {
    status: 404,
    message: '{ref} has no file {path}.',
    next: 'List its files with `bucle data show {ref}`.',
  },
  INVALID_REF: {
    status: 400,
    message: '{ref} names no dataset version.',
    next: 'Write NAME, NAME@latest or NAME@3; `dataset:` may stand before it.',
  },
  INVALID_MANIFEST: {
    status: 422,
    message: 'The manifest is not valid: {problem}',
    next: 'The format is docs/manifest-v1.md.',
  },
  CHUNKS_MISSING: {
    status: 409,
    message: '{count} chunks of the manifest are not stored here, {example} among them.',
    next: 'Ask POST /api/v1/chunks/missing, send them to POST /api/v1/chunks, and commit again.',
  },
  CHUNK_NOT_FOUND: { status: 404, message: 'The chunk {hash} is not stored here.' },
  INVALID_PACK: { status: 422, message: 'The pack is refused, and nothing of it was stored: {problem}' },
  DAMAGED: {
    status: 500,
    message: 'The stored bytes of {what} do not have the hash that they were stored under.',
    next: 'Restore the blobs from a backup, or push the same data again from its source.',
  },
});
