/**
 * One error type crosses module borders; adapters translate foreign errors into it.
 * Codes are API: they appear in problem+json bodies, in the CLI and in docs/errors.md.
 */

export interface ErrorSpec {
  /** HTTP status. */
  readonly status: number;
  /** Message with `{name}` placeholders, filled from the details. */
  readonly message: string;
  /** What the caller can do next; same placeholders. */
  readonly next?: string;
  /** True when the same request may succeed later without change. */
  readonly retryable?: boolean;
}

export type ErrorDetails = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export class BucleError extends Error {
  override readonly name = 'BucleError';
  readonly code: string;
  readonly status: number;
  readonly next: string | undefined;
  readonly retryable: boolean;
  readonly details: ErrorDetails;

  constructor(code: string, spec: ErrorSpec, details: ErrorDetails = {}, options?: { cause?: unknown }) {
    super(fill(spec.message, details), options);
    this.code = code;
    this.status = spec.status;
    this.next = spec.next === undefined ? undefined : fill(spec.next, details);
    this.retryable = spec.retryable ?? false;
    this.details = details;
  }
}

export type ErrorCatalogue<Names extends string> = {
  readonly [Name in Names]: (details?: ErrorDetails, options?: { cause?: unknown }) => BucleError;
} & { readonly specs: Readonly<Record<string, ErrorSpec>> };

/** Declares the errors of one module: `defineErrors('DATA', { VERSION_NOT_FOUND: {...} })` gives code `DATA_VERSION_NOT_FOUND`. */
export function defineErrors<const Specs extends Record<string, ErrorSpec>>(
  prefix: string,
  specs: Specs,
): ErrorCatalogue<Extract<keyof Specs, string>> {
  const makers: Record<string, unknown> = {};
  const byCode: Record<string, ErrorSpec> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const code = `${prefix}_${name}`;
    byCode[code] = spec;
    makers[name] = (details?: ErrorDetails, options?: { cause?: unknown }) =>
      new BucleError(code, spec, details, options);
  }
  return { ...makers, specs: byCode } as ErrorCatalogue<Extract<keyof Specs, string>>;
}

function fill(template: string, details: ErrorDetails): string {
  return template.replace(/\{(\w+)\}/g, (whole, key: string) => {
    const value = details[key];
    if (value === undefined) return whole;
    return Array.isArray(value) ? value.join(', ') : String(value);
  });
}

/** Errors that belong to no stage. */
export const platformErrors = defineErrors('PLATFORM', {
  INVALID_REQUEST: {
    status: 400,
    message: '{problem}',
    next: 'Correct the request; the API is described at /openapi.json.',
  },
  NOT_FOUND: { status: 404, message: 'There is no {what} {id}.' },
  ROUTE_NOT_FOUND: {
    status: 404,
    message: 'No route answers {method} {path}.',
    next: 'See /openapi.json for what exists.',
  },
  METHOD_NOT_ALLOWED: { status: 405, message: '{path} does not answer {method}, but {allowed}.' },
  BODY_TOO_LARGE: { status: 413, message: 'The request body is larger than {limit} bytes.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, message: 'The content type {type} is not accepted here.' },
  UNAUTHENTICATED: {
    status: 401,
    message: 'This server asks for a token, and the request has none that is valid.',
    next: 'Pass one as BUCLE_TOKEN (MLflow clients: MLFLOW_TRACKING_TOKEN). Who has an admin token, or starts the server on loopback, makes it with `bucle tokens create NAME`.',
  },
  FORBIDDEN: {
    status: 403,
    message: 'The token {token} may not do this: it has scope {has}, this needs {needs}.',
    next: 'Use a token made with `bucle tokens create NAME --scope {needs}`.',
  },
  HOST_REFUSED: {
    status: 403,
    message: 'The Host header {host} is not one of this server.',
    next: 'Start the server with --allowed-hosts {host} if that name is yours.',
  },
  ORIGIN_REFUSED: { status: 403, message: 'A page of {origin} may not change anything here.' },
  CONFLICT: { status: 409, message: '{problem}' },
  INTERNAL: {
    status: 500,
    message: 'Something failed inside Bucle (request {request}).',
    next: 'The server log has the details under this request id.',
  },
});
