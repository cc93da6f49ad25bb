import { open } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../../context.ts';
import { findAttempt, findLastAttempt } from './attempt.store.ts';
import { attemptFolder, logKey, placeId } from './driver/place.ts';
import { trainErrors } from './errors.ts';
import { findJob } from './job.store.ts';
import { type Attempt, isFinal } from './job.ts';
import { attemptFiles } from './runner/attempt-folder.ts';

export interface LogQuery {
  readonly job: string;
  /** `null`: the last one. */
  readonly attempt: number | null;
  readonly offset: number;
  /** Bytes at most. */
  readonly limit: number;
  /** How long to wait for bytes beyond `offset`. */
  readonly waitMs: number;
}

export interface LogPart {
  readonly attempt: number;
  readonly bytes: Buffer;
  readonly offset: number;
  /** Where to go on. */
  readonly next: number;
  /** Nothing will come after `next`. */
  readonly complete: boolean;
  /** The job is over, so that no further attempt will come either. */
  readonly jobIsOver: boolean;
}

type Parts = Pick<Context, 'db' | 'blobs' | 'config' | 'clock'>;

const POLL_MS = 100;

/**
 * Bytes of an attempt's log from an offset, wherever they lie: beside the runner while it runs, in the blobs
 * afterwards. @throws TRAIN_JOB_NOT_FOUND, TRAIN_ATTEMPT_NOT_FOUND, TRAIN_LOG_ELSEWHERE
 */
export async function readLog(parts: Parts, query: LogQuery, signal?: AbortSignal): Promise<LogPart> {
  const until = performance.now() + query.waitMs;
  for (;;) {
    const part = await readNow(parts, query);
    if (part.bytes.length > 0 || part.complete || performance.now() >= until || signal?.aborted) return part;
    await sleep(POLL_MS);
  }
}

async function readNow(parts: Parts, query: LogQuery): Promise<LogPart> {
  const { db } = parts;
  // Asked first, so that what is read after it is all that a job that is over has to say.
  const job = await findJob(db.read, query.job);
  if (!job) throw trainErrors.JOB_NOT_FOUND({ job: query.job });
  const attempt =
    query.attempt === null
      ? await findLastAttempt(db.read, query.job)
      : await findAttempt(db.read, { job: query.job, number: query.attempt });
  if (!attempt) throw trainErrors.ATTEMPT_NOT_FOUND({ job: query.job, attempt: query.attempt ?? 'last' });
  const bytes = await readBytes(parts, attempt, query);
  const next = query.offset + bytes.length;
  const complete = attempt.state === 'ended' && next >= (attempt.logBytes ?? 0);
  return { attempt: attempt.number, bytes, offset: query.offset, next, complete, jobIsOver: isFinal(job.state) };
}

async function readBytes(parts: Parts, attempt: Attempt, { offset, limit }: LogQuery): Promise<Buffer> {
  if (attempt.logBytes !== null) {
    const end = Math.min(attempt.logBytes, offset + limit) - 1;
    if (end < offset) return Buffer.alloc(0);
    const blob = await parts.blobs.get(logKey(attempt), { start: offset, end });
    return blob === null ? Buffer.alloc(0) : buffer(blob.body);
  }
  if (attempt.host === null) return Buffer.alloc(0);
  if (attempt.host !== (await placeId(parts))) throw trainErrors.LOG_ELSEWHERE();
  return readFileAt(attemptFiles(attemptFolder(parts.config, attempt)).log, offset, limit);
}

/** Empty when there is no file, or nothing there yet. */
export async function readFileAt(path: string, offset: number, limit: number): Promise<Buffer> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.max(0, Math.min(limit, size - offset)));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
    return bytes.subarray(0, bytesRead);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
