import { Agent, request } from 'node:http';

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

export interface Answer {
  readonly bytes: Buffer;
  readonly milliseconds: number;
}

/** One request over a kept-alive connection. @throws when the answer is not 200 */
export function call(method: string, url: string, body?: string | Buffer, type = 'application/json'): Promise<Answer> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) };
    const sent = request(url, { method, agent, headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.once('end', () => {
        const bytes = Buffer.concat(parts);
        if (answer.statusCode === 200) resolve({ bytes, milliseconds: performance.now() - began });
        else reject(new Error(`${method} ${url} answered ${answer.statusCode}: ${bytes.toString().slice(0, 300)}`));
      });
      answer.once('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** POSTs JSON to an operation of MLflow's REST API. */
export async function post<T>(base: string, operation: string, body: unknown): Promise<T> {
  const { bytes } = await call('POST', `${base}/api/2.0/mlflow/${operation}`, JSON.stringify(body));
  return JSON.parse(bytes.toString()) as T;
}

/** Median milliseconds of so many calls, after one that warms up; and the last answer. */
export async function medianOf(
  times: number,
  make: () => Promise<Answer>,
): Promise<{ milliseconds: number; bytes: Buffer }> {
  let bytes = (await make()).bytes;
  const measured: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const answer = await make();
    measured.push(answer.milliseconds);
    bytes = answer.bytes;
  }
  measured.sort((a, b) => a - b);
  return { milliseconds: measured[Math.floor(times / 2)] ?? Number.NaN, bytes };
}

/** Runs `work` for 0…count-1, eight at a time. */
export async function eightAtATime(count: number, work: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const one = async () => {
    while (next < count) {
      const n = next;
      next += 1;
      await work(n);
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
}
