import { defineErrors } from '../../platform/errors.ts';

export const runErrors = defineErrors('CLI', {
  NO_SUCH_RUN: { status: 404, message: 'No run begins with {word}.', next: 'List them with `bucle runs ls`.' },
  NO_SUCH_METRIC: {
    status: 404,
    message: 'run:{run} has no metric {key}.',
    next: 'What it has: `bucle runs metrics {run}`.',
  },
});
