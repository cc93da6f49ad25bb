import { defineErrors } from '../../platform/errors.ts';

export const jobErrors = defineErrors('CLI', {
  NO_SUCH_JOB: {
    status: 404,
    message: 'No job begins with {word}.',
    next: 'List them with `bucle jobs ls`; an old one is found by its whole id only.',
  },
});
