import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { FrameReader, frame, MAX_FRAME_BYTES } from './frame.ts';
import { signalGroup } from './kill-tree.ts';

export interface FrameCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** File descriptor for the output of the process itself. */
  readonly log: number | 'ignore' | 'inherit';
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How long a process may take to end after its requests were closed. */
const CLOSE_MS = 2_000;

/** The process is gone, or had to be killed: what was asked will not be answered. */
export class ChannelClosed extends Error {
  override readonly name = 'ChannelClosed';
}

interface Pending {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/**
 * A child process that answers requests: frames of a 4-byte little-endian length and JSON, in on its
 * descriptor 3 and out on 4. Answers carry the `id` of their request.
 */
export class FrameChannel implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  readonly #reader = new FrameReader();
  /** Resolves when the process has ended; what it started in its group is killed then. */
  readonly ended: Promise<ProcessEnd>;
  #closed: string | undefined;
  #nextId = 0;

  constructor({ command, args, cwd, env, log }: FrameCommand) {
    this.#child = spawn(command, args, {
      cwd,
      env: { ...env },
      detached: true,
      stdio: ['ignore', log, log, 'pipe', 'pipe'],
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#end({ code: null, signal: null }, error.message, resolve));
      // Not `close`: a grandchild that holds the descriptors would put it off for ever.
      this.#child.once('exit', (code, signal) =>
        this.#end({ code, signal }, `The process ended (${signal ?? `exit code ${code}`}).`, resolve),
      );
    });
    this.#requests?.on('error', () => {});
    const answers = this.#child.stdio[4] as Readable | null;
    answers?.on('data', (chunk: Buffer) => this.#receive(chunk));
    answers?.on('error', () => {});
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sends one request. @throws ChannelClosed when the process is gone or `timeoutMs` passed (it is killed then) */
  request<T>(message: Readonly<Record<string, unknown>>, timeoutMs: number): Promise<T> {
    if (this.#closed !== undefined) return Promise.reject(new ChannelClosed(this.#closed));
    this.#nextId += 1;
    const id = this.#nextId;
    const bytes = frame({ id, ...message });
    if (bytes === null) return Promise.reject(new RangeError(`The request is larger than ${MAX_FRAME_BYTES} bytes.`));
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(
        () => this.#abandon(`No answer within ${timeoutMs} ms; the process was killed.`),
        timeoutMs,
      );
      const settled = <V>(settle: (value: V) => void) => {
        return (value: V) => {
          clearTimeout(timer);
          this.#pending.delete(id);
          settle(value);
        };
      };
      this.#pending.set(id, { resolve: settled(resolve as (answer: unknown) => void), reject: settled(reject) });
      this.#requests?.write(bytes);
    });
  }

  kill(): void {
    if (this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      signalGroup(this.#child.pid, 'SIGKILL');
    }
  }

  /** Closes the requests, which asks the process to end; kills it when it does not. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#requests?.end();
    const timer = setTimeout(() => this.kill(), CLOSE_MS);
    await this.ended;
    clearTimeout(timer);
  }

  get #requests(): Writable | null {
    return this.#child.stdio[3] as Writable | null;
  }

  #receive(chunk: Buffer): void {
    try {
      for (const answer of this.#reader.read(chunk)) {
        this.#pending.get((answer as { id?: number } | null)?.id ?? 0)?.resolve(answer);
      }
    } catch (error) {
      this.#abandon(
        `The process answered with something else than frames (${(error as Error).message}); it was killed.`,
      );
    }
  }

  #end(end: ProcessEnd, reason: string, resolve: (end: ProcessEnd) => void): void {
    // What the process answered before it ended may still lie in the pipe.
    setImmediate(() => {
      if (this.#child.pid !== undefined) signalGroup(this.#child.pid, 'SIGKILL');
      this.#fail(reason);
      resolve(end);
    });
  }

  #abandon(reason: string): void {
    this.kill();
    this.#fail(reason);
  }

  #fail(reason: string): void {
    this.#closed ??= reason;
    for (const { reject } of [...this.#pending.values()]) reject(new ChannelClosed(this.#closed));
  }
}
