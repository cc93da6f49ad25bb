import { defineErrors } from '../../platform/errors.ts';

export const labelErrors = defineErrors('LABELS', {
  ENDPOINT_NOT_FOUND: {
    status: 404,
    message: 'There is no endpoint {endpoint}, so that nothing can be labelled there.',
    next: 'List them with `bucle endpoints ls`.',
  },
  INVALID: {
    status: 422,
    message: 'This is no label: {problem}',
    next: 'Send {"prediction": "ID.k", "value": …} or {"key": …, "value": …}; the API is described at /openapi.json.',
  },
  LINE_TOO_LONG: {
    status: 413,
    message: 'Line {line} is longer than {limit} bytes; the lines before it are kept.',
    next: 'Send one JSON object a line, with a line feed at the end of each.',
  },
  FILE_UNREADABLE: {
    status: 422,
    message: 'The file of labels cannot be read: {problem}.',
    next: 'Send CSV with a header, Parquet, or JSON lines, and name its columns if they are called otherwise.',
  },
  COLUMN_NOT_FOUND: {
    status: 422,
    message: 'The file of labels has no column {column}; it has {columns}.',
    next: 'Say what its columns are called: --column value={columns}, for one.',
  },
  BATCH_DIFFERS: {
    status: 409,
    message: 'A batch {key} was sent before with other labels: what it began with is not what this one begins with.',
    next: 'Send other labels under another idempotency key; the ones that were kept stay.',
  },
  BATCH_BUSY: {
    status: 409,
    message: 'Somebody else sends the batch {key} at this moment.',
    next: 'Send it again when that is over: what is done is not done twice.',
    retryable: true,
  },
  PREDICTION_NOT_FOUND: {
    status: 404,
    message: 'Nothing is known of a prediction {id}, and no label waits for it.',
    next: 'Captured ones are known within seconds of the answer: `bucle predictions show {id}`.',
  },
});
