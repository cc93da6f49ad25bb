import { ApiError, type Client } from '@bucle/client';
import { uuidv7 } from '../../platform/ids.ts';
import type { Capture, Loss } from './capture/capture.ts';
import { CAPTURES_PATH, CAPTURES_TYPE, encodeBatch } from './capture/capture-batch.ts';

/** Speaks the delivering side of a gateway by hand, so that a test decides what overlaps and what comes twice. */
export function handCaptures(client: Client, log = uuidv7()) {
  return {
    log,
    async send(
      first: number,
      captures: readonly Capture[],
      losses: readonly Loss[] = [],
    ): Promise<{ stored: number; duplicates: number }> {
      const header = { format: 'bucle.captures.v1', gateway: 'gateway-1', log, first } as const;
      const lines = Buffer.from(captures.map((capture) => `${JSON.stringify(capture)}\n`).join(''));
      const body = await encodeBatch({ ...header, count: captures.length, losses: [...losses] }, lines);
      return sendBytes(client, body);
    },
  };
}

export function sendBytes(client: Client, body: Uint8Array): Promise<{ stored: number; duplicates: number }> {
  return client.request('POST', CAPTURES_PATH, { body, headers: { 'content-type': CAPTURES_TYPE } });
}

export interface CountsView {
  readonly captured: number;
  readonly rows: number;
  readonly lost: number;
  readonly delivered_up_to: number | null;
  readonly deployments: readonly { readonly deployment: string; readonly captured: number; readonly lost: number }[];
  readonly lost_unassigned: number;
}

export interface PageView {
  readonly predictions: readonly { readonly id: string; readonly row_count: number }[];
  readonly next: string | null;
}

/** All ids of an endpoint, newest first, in pages. */
export async function listIds(client: Client, endpoint: string, limit = 200): Promise<string[]> {
  const ids: string[] = [];
  for (let before: string | null = ''; before !== null; ) {
    const query: { limit: number; before?: string } = before === '' ? { limit } : { limit, before };
    const page: PageView = await client.request('GET', `/api/v1/endpoints/${endpoint}/predictions`, { query });
    ids.push(...page.predictions.map(({ id }) => id));
    before = page.next;
  }
  return ids;
}

/** What a request is refused with. */
export async function refusal(
  request: Promise<unknown>,
): Promise<Pick<ApiError, 'status' | 'code' | 'message' | 'next'>> {
  const error = await request.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw new Error(`It was not refused: ${String(error)}`);
  const { status, code, message, next } = error;
  return { status, code, message, next };
}
