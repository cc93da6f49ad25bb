import { Agent, request } from 'node:http';

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly median: number;
  readonly p99: number;
}

export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly requests: number;
  /** Body of request number n, JSON in text. */
  readonly body: (n: number) => string;
}

/** Posts a fixed number of requests over so many kept-alive connections. @throws when one answer is not 200 */
export async function runLoad({ url, connections, requests, body }: Load): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  let next = 0;
  const began = performance.now();
  const caller = async () => {
    while (next < requests) {
      const number = next;
      next += 1;
      const start = performance.now();
      await post(agent, url, body(number));
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: connections }, caller));
  const seconds = (performance.now() - began) / 1000;
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { requests, seconds, perSecond: requests / seconds, median: at(0.5), p99: at(0.99) };
}

function post(agent: Agent, url: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const sent = request(url, { method: 'POST', agent, headers }, (answer) => {
      let said = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk;
      });
      answer.once('end', () => {
        if (answer.statusCode === 200) resolve();
        else reject(new Error(`${url} answered ${answer.statusCode}: ${said.slice(0, 300)}`));
      });
      answer.once('error', reject);
    });
    sent.on('error', reject);
    sent.end(text);
  });
}
