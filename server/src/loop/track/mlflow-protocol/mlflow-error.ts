import { type BucleError, platformErrors } from '../../../platform/errors.ts';

/** MLflow's error codes that this server uses, with their HTTP status. */
const statuses = {
  BAD_REQUEST: 400,
  INVALID_PARAMETER_VALUE: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  RESOURCE_DOES_NOT_EXIST: 404,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_CONFLICT: 409,
  INTERNAL_ERROR: 500,
  NOT_IMPLEMENTED: 501,
  TEMPORARILY_UNAVAILABLE: 503,
} as const;

export type MlflowErrorCode = keyof typeof statuses;

/** A refusal in MLflow's own words: `{error_code, message}`. Its clients and tests look at both. */
export class MlflowError extends Error {
  override readonly name = 'MlflowError';
  readonly code: MlflowErrorCode;
  readonly status: number;

  constructor(code: MlflowErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.status = statuses[code];
  }
}

/** `throw mlflowError('RESOURCE_DOES_NOT_EXIST', "Run with id=… not found")` */
export function mlflowError(code: MlflowErrorCode, message: string, options?: { cause?: unknown }): MlflowError {
  return new MlflowError(code, message, options);
}

/** The usual one: the client sent something that it may not. */
export function invalidParameter(message: string): MlflowError {
  return new MlflowError('INVALID_PARAMETER_VALUE', message);
}

export function wrongContentType(): MlflowError {
  return invalidParameter("Bad Request. Content-Type must be one of ['application/json'].");
}

/** Bucle's errors in MLflow's words; the next step follows the message. Clients repeat 5xx for minutes: no mistake of theirs gets one. */
export function translateError(error: BucleError): MlflowError {
  if (error.status === 415) return wrongContentType();
  const message = error.next === undefined ? error.message : `${error.message} ${error.next}`;
  return new MlflowError(codeOf(error), message, { cause: error });
}

function codeOf({ status, code }: BucleError): MlflowErrorCode {
  if (status === 401) return 'UNAUTHENTICATED';
  if (status === 403) return 'PERMISSION_DENIED';
  if (status === 404) return code === notFound ? 'ENDPOINT_NOT_FOUND' : 'RESOURCE_DOES_NOT_EXIST';
  if (status === 409) return 'RESOURCE_CONFLICT';
  if (status === 413) return 'BAD_REQUEST';
  if (status < 500) return 'INVALID_PARAMETER_VALUE';
  return status === 500 ? 'INTERNAL_ERROR' : 'TEMPORARILY_UNAVAILABLE';
}

const notFound = platformErrors.ROUTE_NOT_FOUND().code;
