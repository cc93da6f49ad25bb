import { defineErrors } from '../../platform/errors.ts';

export const monitorErrors = defineErrors('MONITOR', {
  NOT_MONITORED: {
    status: 404,
    message: 'The endpoint {endpoint} has no monitor.',
    next: 'Declare one with `bucle monitors declare {endpoint}`.',
  },
  ENDPOINT_NOT_FOUND: {
    status: 404,
    message: 'There is no endpoint {endpoint} that could be monitored.',
    next: 'List them with `bucle endpoints ls`.',
  },
  DECLARATION_INVALID: {
    status: 422,
    message: 'This is no valid monitor: {problem}.',
    next: 'Correct it and declare it again; the present monitor stays as it is.',
  },
  WINDOW_NOT_FOUND: {
    status: 404,
    message: 'The endpoint {endpoint} has no window that begins at {start}.',
    next: '`bucle windows ls {endpoint}` lists them.',
  },
  INVALID_TIME: {
    status: 400,
    message: '{text} is no time.',
    next: 'Write ISO 8601 in UTC, such as 2001-03-05 or 2001-03-05T00:00:00Z, or milliseconds since the epoch.',
  },
  ALERT_NOT_FOUND: {
    status: 404,
    message: 'There is no alert {id}.',
    next: 'List them with `bucle alerts ls`.',
  },
  ALERT_NOT_OPEN: {
    status: 409,
    message: 'The alert {id} is {state}; only an open one can be acknowledged.',
    next: '`bucle alerts ls --state open` lists those that are open.',
  },
  ALERT_NOT_ACKNOWLEDGEABLE: {
    status: 409,
    message: 'A {signal} alert cannot become the new normal: {reason}.',
    next: '{hint}',
  },
});
