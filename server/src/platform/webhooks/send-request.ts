import { type IncomingMessage, type RequestOptions, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { Target } from './check-target.ts';

export interface Outgoing {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For all of it: connecting, sending and the answer. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Certificate authorities in place of those of Node. */
  readonly ca?: string | undefined;
}

/** How much of an answer is read before the connection is cut; nothing of it is kept. */
const ANSWER_BYTES = 16 * 1024;

/** POSTs to an address that was checked, following no redirect. Resolves to the status; rejects when none came. */
export async function sendRequest(target: Target, { headers, body, timeoutMs, signal, ca }: Outgoing): Promise<number> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const ends = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  const options: RequestOptions & { ca?: string } = {
    ...{ method: 'POST', agent: false, lookup: pinned(target.addresses), signal: ends },
    headers: { ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' },
    ...(ca === undefined ? {} : { ca }),
  };
  const send = target.url.protocol === 'https:' ? requestTls : requestPlain;
  const answered = Promise.withResolvers<IncomingMessage>();
  const outgoing = send(target.url, options, answered.resolve);
  outgoing.on('error', answered.reject);
  outgoing.end(body);
  try {
    const answer = await answered.promise;
    await drain(answer);
    return answer.statusCode ?? 0;
  } catch (error) {
    if (timeout.aborted) throw new Error(`No answer within ${timeoutMs} ms.`, { cause: error });
    throw error;
  } finally {
    outgoing.destroy();
  }
}

/** What came after the status changes nothing, not even that it never ends. */
async function drain(answer: IncomingMessage): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of answer) {
      bytes += (chunk as Buffer).length;
      if (bytes > ANSWER_BYTES) return;
    }
  } catch {
    // The status had come.
  }
}

function pinned(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, { all }, callback) => {
    const [first] = found;
    if (all === true) callback(null, found);
    else callback(null, first?.address ?? '', first?.family ?? 0);
  };
}
