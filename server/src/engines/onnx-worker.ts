import { Worker } from 'node:worker_threads';
import { siblingModule } from '../platform/processes/sibling-module.ts';
import { engineErrors } from './errors.ts';
import type { Tensor } from './onnx-tensors.ts';
import type { OnnxThreadData, OnnxThreadMessage, OnnxThreadRequest } from './onnx-thread.ts';
import { type PoolWorker, WorkerGone } from './worker-pool.ts';

const LOAD_MS = 120_000;

interface Asked {
  resolve(output: Tensor): void;
  reject(error: Error): void;
}

/** A thread with one ONNX session. A crash of its JavaScript, or its termination, ends only itself. */
class OnnxWorker implements PoolWorker<readonly Tensor[], Tensor> {
  readonly #thread: Worker;
  readonly gone: Promise<string>;
  readonly loaded: Promise<void>;
  #asked: Asked | null = null;
  #nextId = 0;
  #reason: string | null = null;
  readonly #end: (reason: string) => void;

  constructor(data: OnnxThreadData) {
    this.#thread = new Worker(siblingModule(import.meta.url, './onnx-thread'), { workerData: data });
    const { promise, resolve } = Promise.withResolvers<string>();
    this.gone = promise;
    this.#end = (reason) => {
      this.#reason ??= reason;
      this.#asked?.reject(new WorkerGone(this.#reason));
      resolve(this.#reason);
    };
    this.#thread.once('error', (error) => this.#end((error as Error).message));
    this.#thread.once('exit', (code) => this.#end(`The thread ended (exit code ${code}).`));
    this.loaded = this.#whenLoaded();
  }

  async #whenLoaded(): Promise<void> {
    const timer = setTimeout(() => this.#kill(`It did not load within ${LOAD_MS / 1_000} s.`), LOAD_MS);
    const first = new Promise<OnnxThreadMessage>((resolve) => this.#thread.once('message', resolve));
    const message = await Promise.race([first, this.gone]);
    clearTimeout(timer);
    if (typeof message === 'string') throw engineErrors.LOAD_FAILED({ reason: message });
    if ('loaded' in message && !message.loaded) throw engineErrors.LOAD_FAILED({ reason: message.reason });
    this.#thread.on('message', (answer: OnnxThreadMessage) => this.#receive(answer));
  }

  async run(feeds: readonly Tensor[], stuckMs: number): Promise<Tensor> {
    if (this.#reason !== null) throw new WorkerGone(this.#reason);
    this.#nextId += 1;
    const request: OnnxThreadRequest = { id: this.#nextId, feeds };
    return new Promise<Tensor>((resolve, reject) => {
      const timer = setTimeout(() => this.#kill(`It computed for more than ${stuckMs} ms and was ended.`), stuckMs);
      const settle = <T>(done: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer);
          this.#asked = null;
          done(value);
        };
      };
      this.#asked = { resolve: settle(resolve), reject: settle(reject) };
      this.#thread.postMessage(request);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end('It was closed.');
    await this.#thread.terminate();
  }

  // Native code can't be interrupted: the thread ends when it comes back, and nobody waits for that.
  #kill(reason: string): void {
    this.#end(reason);
    void this.#thread.terminate();
  }

  #receive(message: OnnxThreadMessage): void {
    if (!('id' in message) || message.id !== this.#nextId) return;
    if ('output' in message) this.#asked?.resolve(message.output);
    else this.#asked?.reject(engineErrors.MODEL_FAILED({ reason: message.failure }));
  }
}

/** @throws ENGINE_LOAD_FAILED */
export async function openOnnxWorker(data: OnnxThreadData): Promise<PoolWorker<readonly Tensor[], Tensor>> {
  const worker = new OnnxWorker(data);
  try {
    await worker.loaded;
  } catch (error) {
    await worker[Symbol.asyncDispose]();
    throw error;
  }
  return worker;
}
