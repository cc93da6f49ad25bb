import type { Client, RequestOptions } from '@bucle/client';

export interface MlflowParts {
  readonly client: Client;
  readonly signal: AbortSignal;
}

/** A key and its value as MLflow writes params and tags; an empty value may be left out. */
export interface Pair {
  readonly key: string;
  readonly value?: string;
}

const ROOT = '/api/2.0/mlflow';
const PAGE = 1_000;

/** An operation of MLflow's protocol that is asked by GET. @throws ApiError */
export function getMlflow<T>(
  { client, signal }: MlflowParts,
  path: string,
  query: RequestOptions['query'],
): Promise<T> {
  return client.request<T>('GET', `${ROOT}/${path}`, { query, signal });
}

/** An operation of MLflow's protocol with a body. @throws ApiError */
export function sendMlflow<T>(
  { client, signal }: MlflowParts,
  path: string,
  json: unknown,
  method = 'POST',
): Promise<T> {
  return client.request<T>(method, `${ROOT}/${path}`, { json, signal });
}

export interface Found<T> {
  readonly items: T[];
  /** True when the limit cut it. */
  readonly more: boolean;
}

/** Reads pages until there are `limit` items or no more pages. */
export async function readPages<T>(
  limit: number,
  read: (maxResults: number, pageToken: string | undefined) => Promise<{ items?: T[]; next_page_token?: string }>,
): Promise<Found<T>> {
  const items: T[] = [];
  for (let token: string | undefined; ; ) {
    const page = await read(Math.min(PAGE, limit - items.length), token);
    for (const item of page.items ?? []) items.push(item);
    token = page.next_page_token;
    if (!token || items.length >= limit) return { items, more: Boolean(token) };
  }
}

/** Fields that were not given are left out. */
export function given<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
