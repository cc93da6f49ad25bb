import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

export interface FrameCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** File descriptor for the output of the process itself. */
  readonly log: number | 'ignore' | 'inherit';
}

/** Frames larger than this are an attack or a defect. */
const MAX_FRAME = 256 * 1024 * 1024;
const HEADER = 4;

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
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  #nextId = 0;
  #buffered: Buffer[] = [];
  #bufferedBytes = 0;

  constructor({ command, args, cwd, env, log }: FrameCommand) {
    this.#child = spawn(command, args, {
      cwd,
      env: { ...env },
      detached: true,
      stdio: ['ignore', log, log, 'pipe', 'pipe'],
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('error', () => resolve({ code: null, signal: null }));
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
    void this.ended.then(({ code, signal }) =>
      this.#failAll(new ChannelClosed(`The process ended (${signal ?? code ?? 'not started'}).`)),
    );
    this.#requests.on('error', () => {});
    const answers = this.#child.stdio[4] as Readable;
    answers.on('data', (chunk: Buffer) => this.#receive(chunk));
    answers.on('error', () => {});
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Sends one request. @throws ChannelClosed when the process is gone or `timeoutMs` passed (it is killed then) */
  request<T>(message: Readonly<Record<string, unknown>>, timeoutMs: number): Promise<T> {
    this.#nextId += 1;
    const id = this.#nextId;
    const body = Buffer.from(JSON.stringify({ id, ...message }));
    if (body.length > MAX_FRAME) return Promise.reject(new Error(`The request of ${body.length} bytes is too large.`));
    const header = Buffer.alloc(HEADER);
    header.writeUInt32LE(body.length);
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.kill();
        reject(new ChannelClosed(`No answer within ${timeoutMs} ms; the process was killed.`));
      }, timeoutMs);
      const settle = () => {
        clearTimeout(timer);
        this.#pending.delete(id);
      };
      this.#pending.set(id, {
        resolve: (answer) => {
          settle();
          resolve(answer as T);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        this.#pending.get(id)?.reject(new ChannelClosed('The process has ended.'));
        return;
      }
      this.#requests.write(Buffer.concat([header, body]));
    });
  }

  kill(): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // It ended by itself in the meantime.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#requests.end();
    const timer = setTimeout(() => this.kill(), 2_000);
    await this.ended;
    clearTimeout(timer);
  }

  get #requests(): Writable {
    return this.#child.stdio[3] as Writable;
  }

  #receive(chunk: Buffer): void {
    this.#buffered.push(chunk);
    this.#bufferedBytes += chunk.length;
    while (this.#bufferedBytes >= HEADER) {
      const whole = this.#buffered.length === 1 ? (this.#buffered[0] ?? chunk) : Buffer.concat(this.#buffered);
      this.#buffered = [whole];
      const length = whole.readUInt32LE(0);
      if (length > MAX_FRAME) {
        this.kill();
        return;
      }
      if (whole.length < HEADER + length) return;
      this.#buffered = [whole.subarray(HEADER + length)];
      this.#bufferedBytes -= HEADER + length;
      this.#deliver(whole.subarray(HEADER, HEADER + length));
    }
  }

  #deliver(frame: Buffer): void {
    const answer = JSON.parse(frame.toString('utf8')) as { id: number };
    this.#pending.get(answer.id)?.resolve(answer);
  }

  #failAll(error: Error): void {
    for (const { reject } of [...this.#pending.values()]) reject(error);
  }
}
