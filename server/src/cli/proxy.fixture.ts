import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  readonly method: string;
  readonly url: string;
  /** How often this was asked for, this time included. */
  count(url: string): number;
  /** How many of these were answered in full. */
  answered(url: string): number;
}

/** What the network does to a request: `break` before it arrives, `busy` as a server that starts, `cut` the answer. */
export type Fate = 'pass' | 'break' | 'busy' | 'cut';

/** A bad network in front of a real server. */
export async function startProxy(
  target: string,
  judge: (seen: Seen) => Fate | Promise<Fate>,
  cutAfter = 700_000,
): Promise<AsyncDisposable & { url: string }> {
  const counts = new Map<string, number>();
  const answers = new Map<string, number>();
  const server = createServer(async (incoming, outgoing) => {
    const { method = '', url = '' } = incoming;
    counts.set(url, (counts.get(url) ?? 0) + 1);
    outgoing.once('finish', () => answers.set(url, (answers.get(url) ?? 0) + 1));
    const fate = await judge({
      method,
      url,
      count: (key) => counts.get(key) ?? 0,
      answered: (key) => answers.get(key) ?? 0,
    });
    if (fate === 'break') incoming.socket.destroy();
    else if (fate === 'busy') outgoing.writeHead(503).end();
    else forward(target, incoming, outgoing, fate === 'cut' ? cutAfter : Number.POSITIVE_INFINITY);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Hands a request on, and `limit` bytes of the answer back; then the connection breaks. */
function forward(target: string, incoming: IncomingMessage, outgoing: ServerResponse, limit: number): void {
  const { host: _host, ...headers } = incoming.headers;
  const onward = request(`${target}${incoming.url}`, { method: incoming.method, headers }, async (answer) => {
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
    let left = limit;
    for await (const piece of answer as AsyncIterable<Buffer>) {
      outgoing.write(piece.subarray(0, left));
      left -= piece.length;
      if (left > 0) continue;
      setTimeout(() => outgoing.destroy(), 20);
      return;
    }
    outgoing.end();
  });
  onward.on('error', () => outgoing.destroy());
  outgoing.once('close', () => onward.destroy());
  incoming.pipe(onward);
}
