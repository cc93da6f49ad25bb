import { setTimeout as sleep } from 'node:timers/promises';
import type { Place } from '../../../scripts/bucle-command.ts';

/** How long a caller of the control server keeps trying while it is away. */
const PATIENCE_MS = 30_000;

/** `GET` of the control server's API; tries again while the server is away. */
export function get<T>({ serverUrl }: Pick<Place, 'serverUrl'>, path: string): Promise<T> {
  return ask<T>(`${serverUrl}${path}`, { method: 'GET' });
}

/** The same for a request with a body. What it asks for must be the same when it is asked for twice. */
export function post<T>(
  { serverUrl }: Pick<Place, 'serverUrl'>,
  path: string,
  body: string,
  headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' },
): Promise<T> {
  return ask<T>(`${serverUrl}${path}`, { method: 'POST', body, headers });
}

async function ask<T>(url: string, request: RequestInit): Promise<T> {
  for (const end = Date.now() + PATIENCE_MS; ; ) {
    const answer = await fetch(url, request).catch((error: unknown) => error as Error);
    if (answer instanceof Error) {
      if (Date.now() > end) throw new Error(`${request.method} ${url}: ${answer.message}`, { cause: answer });
      await sleep(200);
      continue;
    }
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${request.method} ${url}: ${answer.status} ${text.slice(0, 500)}`);
    return JSON.parse(text) as T;
  }
}
