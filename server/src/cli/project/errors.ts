import { defineErrors } from '../../platform/errors.ts';

export const projectCliErrors = defineErrors('CLI_PROJECT', {
  NO_FILE: {
    status: 404,
    message: '{path} can not be read ({reason}).',
    next: 'Name the file with -f FILE, or write one of what is live: bucle export > bucle.yaml',
  },
});
