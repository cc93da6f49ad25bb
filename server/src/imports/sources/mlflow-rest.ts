import { Readable } from 'node:stream';
import type { ReadableStream as WebStream } from 'node:stream/web';
import { setTimeout as sleep } from 'node:timers/promises';
import { importErrors } from '../errors.ts';
import type { SourceOptions } from './source.ts';

type Query = Readonly<Record<string, string | number>>;

/** Asks an MLflow server, again when it is busy. All throw IMPORT_SOURCE_FAILED or IMPORT_NOT_MLFLOW. */
export interface MlflowRest {
  /** Without credentials. */
  readonly address: string;
  get<T>(path: string, query?: Query): Promise<T>;
  post<T>(path: string, json: object): Promise<T>;
  /** Null: there is no such file. */
  stream(path: string): Promise<Readable | null>;
}

const TRIES = 6;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const BUSY = [408, 429, 502, 503, 504];

export function mlflowRest(given: string, { env, signal }: Pick<SourceOptions, 'env' | 'signal'>): MlflowRest {
  const url = new URL(given);
  const address = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  const headers = credentials(url, env);
  const ask = (method: 'GET' | 'POST', path: string, json?: object) =>
    askAgain(address, signal, () =>
      fetch(`${address}${path}`, {
        ...{ method, signal, redirect: 'manual' },
        headers: { ...headers, accept: 'application/json', ...(json && { 'content-type': 'application/json' }) },
        body: json === undefined ? null : JSON.stringify(json),
      }),
    );
  return {
    address,
    get: async <T>(path: string, query: Query = {}) => {
      const pairs = Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]);
      return readJson<T>(address, await ask('GET', `${path}?${new URLSearchParams(pairs)}`));
    },
    post: async <T>(path: string, json: object) => readJson<T>(address, await ask('POST', path, json)),
    async stream(path) {
      const response = await ask('GET', path);
      if (response.status === 404) return null;
      if (!response.ok) throw failed(address, await reasonOf(response));
      return response.body ? Readable.fromWeb(response.body as WebStream) : Readable.from([]);
    },
  };
}

/** As MLflow's own clients take them; those in the address win. */
function credentials(url: URL, env: SourceOptions['env']): Record<string, string> {
  const [user, password] = url.username
    ? [decodeURIComponent(url.username), decodeURIComponent(url.password)]
    : [env['MLFLOW_TRACKING_USERNAME'], env['MLFLOW_TRACKING_PASSWORD']];
  if (user && password !== undefined) {
    return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
  }
  const token = env['MLFLOW_TRACKING_TOKEN'];
  return token ? { authorization: `Bearer ${token}` } : {};
}

async function askAgain(address: string, signal: AbortSignal, ask: () => Promise<Response>): Promise<Response> {
  for (let tries = 1; ; tries += 1) {
    const response = await ask().catch((error: Error & { cause?: Error }) => error);
    signal.throwIfAborted();
    const isBusy = response instanceof Error || BUSY.includes(response.status);
    if (!isBusy) return response;
    if (tries === TRIES) {
      throw failed(address, response instanceof Error ? messageOf(response) : await reasonOf(response));
    }
    const asked = response instanceof Error ? null : response.headers.get('retry-after');
    if (!(response instanceof Error)) await response.body?.cancel();
    await sleep(waitOf(tries, asked), undefined, { signal });
  }
}

function waitOf(tries: number, asked: string | null): number {
  const own = FIRST_WAIT_MS * 2 ** (tries - 1);
  const seconds = asked === null || asked === '' ? Number.NaN : Number(asked);
  return Math.min(LONGEST_WAIT_MS, Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : own);
}

async function readJson<T>(address: string, response: Response): Promise<T> {
  if (!response.ok) throw failed(address, await reasonOf(response), response.status);
  const text = await response.text();
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    const reason = `it answers with something else than JSON: ${text.slice(0, 60).replace(/\s+/g, ' ')}`;
    throw importErrors.NOT_MLFLOW({ source: address, reason }, { cause });
  }
}

async function reasonOf(response: Response): Promise<string> {
  const { status, headers } = response;
  if (status >= 300 && status < 400) return `it sends clients on to ${headers.get('location')}: name that address`;
  if (status === 401 || status === 403) {
    return `it refuses (${status}): set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD`;
  }
  const text = await response.text().catch(() => '');
  return `it answers ${status} ${messageIn(text)}`.trim();
}

function messageIn(text: string): string {
  try {
    return String((JSON.parse(text) as { message?: string }).message ?? '').slice(0, 300);
  } catch {
    return '';
  }
}

function messageOf(error: Error & { cause?: Error }): string {
  return error.cause?.message || error.message;
}

/** The status of an answer tells a route that an older server has not. */
class RestError extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

function failed(address: string, reason: string, status = 0) {
  return importErrors.SOURCE_FAILED({ source: address, reason }, { cause: new RestError(reason, status) });
}

/** True when the server has no such route, or nothing of that name. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && error.cause instanceof RestError && [404, 405, 501].includes(error.cause.status);
}
