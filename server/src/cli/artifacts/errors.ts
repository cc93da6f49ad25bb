import { defineErrors } from '../../platform/errors.ts';

export const artifactErrors = defineErrors('CLI', {
  NO_SUCH_ARTIFACT: {
    status: 404,
    message: '{where} has no artifact {path}.',
    next: 'What it has: `bucle artifacts ls {where} --recursive`.',
  },
  NO_ARTIFACTS: {
    status: 404,
    message: '{where} has no artifacts.',
    next: 'Send some: `bucle artifacts put FILE {where}`.',
  },
  LOCAL_FILE_TAKEN: {
    status: 409,
    message: '{path} is there already, and it is another file.',
    next: 'Name another folder with --to DIR, or say --overwrite.',
  },
  LOCAL_FILE_MISSING: { status: 404, message: '{path} cannot be read: {reason}.', next: 'Name a file or a folder.' },
  UNSAFE_ARTIFACT: {
    status: 400,
    message: 'The artifact {path} has a name that would lead out of the folder; nothing was written.',
    next: 'Get the others one by one: `bucle artifacts ls {where} --recursive` names them.',
  },
  ARTIFACT_CUT: {
    status: 500,
    message: 'Of {path} came {received} bytes instead of {size}.',
    next: 'Run it again: what has come is kept, and it goes on from there.',
  },
  ARTIFACTS_ELSEWHERE: {
    status: 400,
    message: 'The artifacts of {where} are at {uri}, where this server does not write.',
    next: 'Write them there by the tools of that place.',
  },
});
