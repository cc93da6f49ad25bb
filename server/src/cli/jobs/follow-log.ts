import { setTimeout as sleep } from 'node:timers/promises';
import { fillPath } from '@bucle/client';
import type { Io } from '../command.ts';
import { isTransient, retryDelay } from '../retry.ts';
import { isOver, type JobDetail } from './job.ts';

type Parts = Pick<Io, 'client' | 'note' | 'signal'>;

export interface LogPlace {
  readonly job: string;
  /** Absent: the last one. */
  readonly attempt?: number;
  /** Bytes. */
  readonly offset: number;
  /** Seconds to wait for more. */
  readonly wait: number;
}

export interface LogPart {
  readonly bytes: Uint8Array;
  readonly attempt: number;
  readonly next: number;
  /** Nothing will come after it in this attempt. */
  readonly complete: boolean;
}

/** Bytes of a log from an offset. @throws ApiError */
export async function readLogPart({ client, signal }: Parts, { job, ...query }: LogPlace): Promise<LogPart> {
  const response = await client.send('GET', fillPath('/api/v1/jobs/{job}/logs', { job }), { query, signal });
  return {
    bytes: new Uint8Array(await response.arrayBuffer()),
    attempt: Number(response.headers.get('bucle-log-attempt')),
    next: Number(response.headers.get('bucle-log-next')),
    complete: response.headers.get('bucle-log-complete') === 'true',
  };
}

export function getJob({ client, signal }: Pick<Io, 'client' | 'signal'>, job: string): Promise<JobDetail> {
  return client.request('GET', fillPath('/api/v1/jobs/{job}', { job }), { signal });
}

const WAIT_SECONDS = 10;
const POLL_MS = 200;

/**
 * Hands every byte of the logs of a job to `write`, each once, attempt after attempt, until the job is over.
 * A server that goes away is waited for, however long: the job goes on without it.
 */
export async function followJob(
  io: Parts,
  job: string,
  first: number,
  write: (bytes: Uint8Array) => void,
): Promise<JobDetail> {
  for (let attempt = first; ; ) {
    await followAttempt(io, job, attempt, write);
    const detail = await untilNext(io, job, attempt);
    const ended = detail.attempts.find(({ number }) => number === attempt);
    if (!detail.attempts.some(({ number }) => number > attempt)) return detail;
    io.note(
      `Attempt ${attempt} ended: ${ended?.reason ?? ended?.outcome ?? 'nobody knows how'} Attempt ${attempt + 1} follows.`,
    );
    attempt += 1;
  }
}

async function followAttempt(
  io: Parts,
  job: string,
  attempt: number,
  write: (bytes: Uint8Array) => void,
): Promise<void> {
  for (let offset = 0; ; ) {
    const from = offset;
    const part = await patiently(io, () => readLogPart(io, { job, attempt, offset: from, wait: WAIT_SECONDS }));
    if (part.bytes.length > 0) write(part.bytes);
    offset = part.next;
    if (part.complete) return;
  }
}

/** Waits until the job is over, or has a further attempt. */
async function untilNext(io: Parts, job: string, attempt: number): Promise<JobDetail> {
  for (;;) {
    const detail = await patiently(io, () => getJob(io, job));
    if (isOver(detail) || detail.attempts.some(({ number }) => number > attempt)) return detail;
    await sleep(POLL_MS, undefined, { signal: io.signal });
  }
}

async function patiently<T>({ note, signal }: Parts, task: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      const result = await task();
      if (failures > 1) note('The server answers again.');
      return result;
    } catch (error) {
      if (signal.aborted || !isTransient(error)) throw error;
      if (failures === 1) note(`${(error as Error).message} The job goes on; waiting for the server…`);
      await sleep(retryDelay(failures), undefined, { signal });
    }
  }
}
