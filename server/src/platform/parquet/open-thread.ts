import { mkdir } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BucleError } from '../errors.ts';
import { siblingModule } from '../processes/sibling-module.ts';
import { parquetErrors } from './errors.ts';
import type { TableFile } from './table-file.ts';
import type { FromThread, Task, ThreadData, ToThread } from './thread-messages.ts';

export interface ThreadOptions {
  /** A folder of this call's own; the caller removes it afterwards. */
  readonly scratch: string;
  /** Bytes; default 1 GB. What does not fit is spilled to `scratch`. */
  readonly memoryLimit?: number;
  /** Milliseconds that the thread may take for its answer, of a stream for its next part; default 10 minutes. */
  readonly timeLimit?: number;
  readonly signal?: AbortSignal | undefined;
}

/** After an interrupt, a thread that still does not end is ended. */
const GRACE_MS = 5_000;

type Progress = Exclude<FromThread, { kind: 'failure' | 'refusal' }>;

/** A thread that works on one task with a DuckDB of its own. Disposing ends it, also in the middle. */
export interface TableThread extends AsyncDisposable {
  /** Its next message. @throws PARQUET_…, or the signal's reason */
  next(): Promise<Progress>;
  post(message: ToThread): void;
}

/** @throws the signal's reason */
export async function openThread(
  task: Task,
  { files, options }: { readonly files: readonly TableFile[]; readonly options: ThreadOptions },
): Promise<TableThread> {
  const { scratch, memoryLimit = 1_000_000_000, timeLimit = 600_000, signal } = options;
  for (const { path } of files) checkPath(path);
  checkPath(scratch);
  await mkdir(scratch, { recursive: true });
  signal?.throwIfAborted();
  const data: ThreadData = { files, scratch, memoryLimit, task };
  return startThread(data, { timeLimit, signal });
}

/** DuckDB expands patterns in file names, also in quoted ones. */
function checkPath(path: string): void {
  if (!isAbsolute(path) || /[*?[\]{}]/.test(path)) throw new Error(`Not a plain absolute path: ${path}`);
}

interface Limits {
  readonly timeLimit: number;
  readonly signal: AbortSignal | undefined;
}

function startThread(data: ThreadData, { timeLimit, signal }: Limits): TableThread {
  const worker = new Worker(siblingModule(import.meta.url, './parquet-thread'), { workerData: data });
  const arrived: FromThread[] = [];
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  let crash: BucleError | undefined;
  let wake = () => {};
  let ended = false;
  const fail = (reason: string, cause?: unknown) => {
    crash ??= parquetErrors.CRASHED({ reason }, { cause });
    wake();
  };
  worker.on('message', (message: FromThread) => {
    arrived.push(message);
    ended ||= message.kind === 'answer' || message.kind === 'failure' || message.kind === 'refusal';
    wake();
  });
  worker.once('error', (error) => fail((error as Error).message, error));
  worker.once('exit', (code) => fail(`exit code ${code}`));
  let stopped: unknown;
  let grace: NodeJS.Timeout | undefined;
  const stop = (reason: unknown) => {
    if (stopped !== undefined) return;
    stopped = reason;
    worker.postMessage({ kind: 'interrupt' } satisfies ToThread);
    grace = setTimeout(() => void worker.terminate(), GRACE_MS);
  };
  const abort = () => stop(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });

  const waitForMessage = async (): Promise<FromThread | undefined> => {
    const timer = setTimeout(() => stop(parquetErrors.TIME_LIMIT({ seconds: timeLimit / 1000 })), timeLimit);
    try {
      while (arrived.length === 0 && crash === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return arrived.shift();
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    async next() {
      const message = await waitForMessage();
      // What was answered before the interrupt reached it counts.
      if (message?.kind === 'answer') return message;
      if (stopped !== undefined) throw stopped;
      if (message === undefined) throw crash;
      if (message.kind === 'refusal') throw parquetErrors[message.error](message.details);
      if (message.kind === 'failure') throw failureOf(message.reason, data.memoryLimit);
      return message;
    },
    post: (message) => worker.postMessage(message),
    async [Symbol.asyncDispose]() {
      signal?.removeEventListener('abort', abort);
      if (ended) await worker.terminate();
      else stop(new Error('Nobody waits for it any more.'));
      await exited;
      clearTimeout(grace);
    },
  };
}

function failureOf(reason: string, memoryLimit: number): BucleError {
  if (/^Out of Memory/i.test(reason)) {
    return parquetErrors.OUT_OF_MEMORY({ limit: `${Math.round(memoryLimit / 1e6)} MB` });
  }
  return parquetErrors.CRASHED({ reason });
}
