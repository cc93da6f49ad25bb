import { defineErrors } from '../../platform/errors.ts';

export const endpointErrors = defineErrors('CLI_ENDPOINT', {
  NO_DEPLOYMENT: {
    status: 404,
    message: '{endpoint} has no deployment {word}. There are: {known}.',
    next: '`bucle endpoints show {endpoint}` lists them.',
  },
  SEVERAL: {
    status: 400,
    message: '{word} means several deployments of {endpoint}: {found}.',
    next: 'Write the id of the one that you mean, or more of it.',
  },
  GATEWAY_AWAY: {
    status: 503,
    message: 'The gateway does not answer at {url}.',
    next: '`bucle up` starts it again, and `bucle doctor` says what answers; the deployments come back by themselves.',
  },
  INPUT: { status: 400, message: '{message}', next: 'Give a file with the request (JSON or CSV), or - for stdin.' },
});
