/** What the server said no to: an RFC 9457 problem, or an MLflow error, or that nobody answered. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  readonly code: string;
  readonly next: string | undefined;
  readonly request: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(problem: {
    status: number;
    code: string;
    title: string;
    next?: string | undefined;
    request?: string | undefined;
    details?: Readonly<Record<string, unknown>> | undefined;
  }) {
    super(problem.title);
    this.status = problem.status;
    this.code = problem.code;
    this.next = problem.next;
    this.request = problem.request;
    this.details = problem.details ?? {};
  }
}

export interface ClientOptions {
  /** Where the control server answers, without a trailing slash. */
  readonly baseUrl: string;
  readonly token?: string | null;
  readonly fetch?: typeof globalThis.fetch;
}

export type QueryValue = string | number | boolean | undefined | readonly string[];

export interface RequestOptions {
  readonly query?: Readonly<Record<string, QueryValue>> | undefined;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Client {
  readonly baseUrl: string;
  /** A JSON answer. @throws ApiError */
  request<T = unknown>(method: string, path: string, options?: RequestOptions): Promise<T>;
  /** The raw answer, for streams. @throws ApiError when the status is not 2xx */
  send(method: string, path: string, options?: RequestOptions): Promise<Response>;
}

/** A client of the control server; every part of the product outside the server talks through it. */
export function createClient({ baseUrl, token, fetch = globalThis.fetch }: ClientOptions): Client {
  const root = baseUrl.replace(/\/+$/, '');
  const send = async (method: string, path: string, options: RequestOptions = {}): Promise<Response> => {
    const headers: Record<string, string> = { accept: 'application/json', ...options.headers };
    if (token) headers['authorization'] = `Bearer ${token}`;
    if (options.json !== undefined) headers['content-type'] = 'application/json';
    const body = options.json === undefined ? options.body : JSON.stringify(options.json);
    const url = `${root}${path}${queryString(options.query)}`;
    const init: RequestInit & { duplex?: 'half' } = { method, headers };
    if (body !== undefined) init.body = body as NonNullable<RequestInit['body']>;
    if (body instanceof ReadableStream) init.duplex = 'half';
    if (options.signal) init.signal = options.signal;
    const response = await fetch(url, init).catch((cause: unknown) => {
      if (options.signal?.aborted) throw options.signal.reason;
      throw unreachable(root, cause);
    });
    if (!response.ok) throw await toApiError(response);
    return response;
  };
  return {
    baseUrl: root,
    send,
    async request<T>(method: string, path: string, options?: RequestOptions): Promise<T> {
      const response = await send(method, path, options);
      const text = await response.text();
      return (text === '' ? undefined : JSON.parse(text)) as T;
    },
  };
}

/** Fills `{name}` in a path with percent-encoded values. */
export function fillPath(path: string, values: Readonly<Record<string, string | number>>): string {
  return path.replace(/\{(\w+)\}/g, (_whole, key: string) => encodeURIComponent(String(values[key] ?? '')));
}

function queryString(query: RequestOptions['query']): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    for (const item of Array.isArray(value) ? value : [value]) parameters.append(key, String(item));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

function unreachable(baseUrl: string, cause: unknown): ApiError {
  const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
  return new ApiError({
    status: 0,
    code: 'CLIENT_UNREACHABLE',
    title: `No Bucle server answers at ${baseUrl} (${reason}).`,
    next: 'Start one with `bucle up`, or name another with --url or BUCLE_URL.',
  });
}

async function toApiError(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '');
  const body = parseObject(text);
  const string = (key: string) => (typeof body[key] === 'string' ? (body[key] as string) : undefined);
  return new ApiError({
    status: response.status,
    code: string('code') ?? string('error_code') ?? `HTTP_${response.status}`,
    title: string('title') ?? string('message') ?? `${response.status} ${response.statusText}`,
    next: string('next'),
    request: string('request') ?? response.headers.get('bucle-request-id') ?? undefined,
    details: (body['details'] ?? {}) as Readonly<Record<string, unknown>>,
  });
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
