import { defineErrors } from '../../platform/errors.ts';

export const traceErrors = defineErrors('CLI', {
  NO_SUCH_TRACE: { status: 404, message: 'There is no trace {id}.', next: 'List them with `bucle traces ls`.' },
});
