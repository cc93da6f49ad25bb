import { defineErrors } from '../../platform/errors.ts';

export const serveErrors = defineErrors('SERVE', {
  STATE_INVALID: {
    status: 502,
    message: 'The control server sent a desired state that this gateway cannot read: {problem}.',
    next: 'Start gateway and server from the same version of Bucle.',
    retryable: true,
  },
  ALREADY_RUNNING: {
    status: 409,
    message: 'Another gateway (process {pid}) works in {folder}.',
    next: 'Stop it first, or give this one a data folder of its own with --data.',
  },
  FILE_DIFFERS: {
    status: 502,
    message: 'The file {path} is not what the control server said that it would be.',
    next: 'It is fetched again; if it stays so, deploy the version again.',
    retryable: true,
  },
  FETCH_INTERRUPTED: { status: 502, message: 'Fetching a file was interrupted: {reason}.', retryable: true },
  ROUTE_NOT_FOUND: {
    status: 404,
    message: 'No route of the gateway answers {method} {path}.',
    next: 'Models answer at POST /endpoints/NAME/invocations and POST /v2/models/NAME/infer.',
  },
  ENDPOINT_NOT_FOUND: {
    status: 404,
    message: 'There is no endpoint {endpoint} here.',
    next: 'List them with `bucle endpoints ls`; a new one reaches the gateway within a second.',
  },
  DEPLOYMENT_NOT_FOUND: {
    status: 404,
    message: 'The endpoint {endpoint} has no {what} {id} here.',
    next: '`bucle endpoints show {endpoint}` lists its deployments.',
  },
  NOT_READY: {
    status: 503,
    message: 'The endpoint {endpoint} cannot answer: {reason}.',
    next: '`bucle endpoints show {endpoint}` says what its deployments wait for.',
    retryable: true,
  },
  REQUEST_INVALID: { status: 400, message: '{problem}' },
  TYPE_UNSUPPORTED: { status: 415, message: 'A request {type} is not accepted here; send {accepted}.' },
  BATCH_INVALID: {
    status: 400,
    message: 'This is no batch of captures: {problem}.',
    next: 'Start gateway and server from the same version of Bucle.',
  },
  CAPTURE_INVALID: { status: 422, message: 'A capture cannot be kept: {problem}.' },
  NOTHING_CAPTURED: {
    status: 404,
    message: 'There is no endpoint {endpoint}, and nothing was ever captured for one.',
    next: 'List them with `bucle endpoints ls`.',
  },
  INVALID_PREDICTION_ID: {
    status: 400,
    message: '{id} is no id of a prediction.',
    next: 'Take it from the header Bucle-Prediction-Id of an answer; row k of that request is ID.k, from 0.',
  },
  PREDICTION_NOT_FOUND: {
    status: 404,
    message: 'No prediction {id} was captured.',
    next:
      'Captured ones arrive within a second of the answer; the gateway may still hold it: `bucle status` shows whether ' +
      'it is up, and `bucle predictions ls ENDPOINT` what has arrived.',
  },
  ROW_NOT_FOUND: {
    status: 404,
    message: 'The request {id} had {rows} rows, so that there is no row {row}.',
    next: 'Rows are counted from 0: `bucle predictions show {id}` shows all of them.',
  },
  PREDICTION_ERASED: {
    status: 410,
    message: 'Row {row} of the request {id} was erased.',
  },
  ERASURE_NOT_FOUND: {
    status: 404,
    message: 'There is no erasure {id} of the endpoint {endpoint}.',
    next: 'GET /api/v1/endpoints/{endpoint}/erasures lists them.',
  },
  CAPTURES_DAMAGED: {
    status: 500,
    message: 'The stored captures {blob} are missing or damaged.',
    next: 'Restore the blobs from a backup; the rest of the captures is not affected.',
  },
});
