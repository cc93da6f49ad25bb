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

export interface Answered {
  readonly status: number;
  /** As the receiver wrote it; null: it did not. */
  readonly retryAfter: string | null;
  /** Its beginning. */
  readonly body: string;
}

/** How much of an answer is read before the connection is cut. */
const ANSWER_BYTES = 16 * 1024;

/** POSTs to an address that was checked, following no redirect. Resolves to the answer; rejects when no status came. */
export async function sendRequest(
  target: Target,
  { headers, body, timeoutMs, signal, ca }: Outgoing,
): Promise<Answered> {
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
    const begin = await readBeginning(answer);
    return { status: answer.statusCode ?? 0, retryAfter: answer.headers['retry-after'] ?? null, body: begin };
  } catch (error) {
    if (timeout.aborted) throw new Error(`No answer within ${timeoutMs} ms.`, { cause: error });
    throw error;
  } finally {
    outgoing.destroy();
  }
}

/** What came after the status changes nothing, not even that it never ends. */
async function readBeginning(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes > ANSWER_BYTES) break;
    }
  } catch {
    // The status had come.
  }
  return Buffer.concat(chunks).subarray(0, ANSWER_BYTES).toString('utf8');
}

function pinned(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, { all }, callback) => {
    const [first] = found;
    if (all === true) callback(null, found);
    else callback(null, first?.address ?? '', first?.family ?? 0);
  };
}
