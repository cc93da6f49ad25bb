import { mkdir } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { Worker } from 'node:worker_threads';
import { siblingModule } from '../processes/sibling-module.ts';
import { parquetErrors } from './errors.ts';
import type { ThreadAnswer } from './parquet-thread.ts';
import type { SandboxOptions } from './sandbox.ts';
import type { TableFile } from './table-file.ts';
import type { TableProfiles } from './table-profile.ts';

export interface ProfileOptions {
  /** A folder of this call's own; the caller removes it afterwards. */
  readonly scratch: string;
  /** Bytes; default 1 GB. What does not fit is spilled to `scratch`. */
  readonly memoryLimit?: number;
  /** Milliseconds; default 10 minutes. */
  readonly timeLimit?: number;
  readonly signal?: AbortSignal;
}

/** After an interrupt, a thread that still does not end is ended. */
const GRACE_MS = 5_000;

/**
 * Schema and exact statistics of every table among the files, computed by DuckDB in a thread that can read
 * nothing else. A file that is no table is named under `unreadable`; the rest is still profiled.
 * @throws PARQUET_TIME_LIMIT, PARQUET_OUT_OF_MEMORY, PARQUET_CRASHED, or the signal's reason
 */
export async function profileTables(files: readonly TableFile[], options: ProfileOptions): Promise<TableProfiles> {
  const { scratch, memoryLimit = 1_000_000_000, timeLimit = 600_000, signal } = options;
  for (const { path } of files) checkPath(path);
  checkPath(scratch);
  await mkdir(scratch, { recursive: true });
  signal?.throwIfAborted();
  const answer = await runThread({ files, scratch, memoryLimit }, timeLimit, signal);
  if ('profiles' in answer) return answer.profiles;
  if (/^Out of Memory/i.test(answer.failure)) {
    throw parquetErrors.OUT_OF_MEMORY({ limit: `${Math.round(memoryLimit / 1e6)} MB` });
  }
  throw parquetErrors.CRASHED({ reason: answer.failure });
}

/** DuckDB expands patterns in file names, also in quoted ones. */
function checkPath(path: string): void {
  if (!isAbsolute(path) || /[*?[\]{}]/.test(path)) throw new Error(`Not a plain absolute path: ${path}`);
}

async function runThread(data: SandboxOptions, timeLimit: number, signal?: AbortSignal): Promise<ThreadAnswer> {
  const worker = new Worker(siblingModule(import.meta.url, './parquet-thread'), { workerData: data });
  const { promise, resolve, reject } = Promise.withResolvers<ThreadAnswer>();
  worker.once('message', resolve);
  worker.once('error', (error) =>
    reject(parquetErrors.CRASHED({ reason: (error as Error).message }, { cause: error })),
  );
  worker.once('exit', (code) => reject(parquetErrors.CRASHED({ reason: `exit code ${code}` })));
  let stopped: unknown;
  let grace: NodeJS.Timeout | undefined;
  const stop = (reason: unknown) => {
    if (stopped !== undefined) return;
    stopped = reason;
    worker.postMessage('interrupt');
    grace = setTimeout(() => void worker.terminate(), GRACE_MS);
  };
  const timer = setTimeout(() => stop(parquetErrors.TIME_LIMIT({ seconds: timeLimit / 1000 })), timeLimit);
  const abort = () => stop(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const answer = await promise;
    if (stopped !== undefined && !('profiles' in answer)) throw stopped;
    return answer;
  } catch (error) {
    throw stopped ?? error;
  } finally {
    clearTimeout(timer);
    clearTimeout(grace);
    signal?.removeEventListener('abort', abort);
    await worker.terminate();
  }
}
