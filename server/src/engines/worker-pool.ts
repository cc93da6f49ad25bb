import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineLoad, PoolSettings } from './engine.ts';
import { engineErrors } from './errors.ts';

/** The worker is gone, by itself or because it was killed: what it was asked has no answer. */
export class WorkerGone extends Error {
  override readonly name = 'WorkerGone';
}

/** Computes one thing at a time. */
export interface PoolWorker<Job, Answer> extends AsyncDisposable {
  /** Kills itself when it takes longer than `stuckMs`. @throws WorkerGone */
  run(job: Job, stuckMs: number): Promise<Answer>;
  /** Resolves with the reason when it is gone. */
  readonly gone: Promise<string>;
}

export interface PoolOptions<Job, Answer> extends PoolSettings {
  open(): Promise<PoolWorker<Job, Answer>>;
  /** A worker was lost, or could not be started again. */
  readonly onLoss?: (reason: string) => void;
}

export interface Pooled<Answer> {
  readonly answer: Answer;
  readonly queueMicros: number;
  readonly computeMicros: number;
}

interface Waiting<Job, Answer> {
  readonly job: Job;
  readonly since: number;
  tries: number;
  settled: boolean;
  resolve(pooled: Pooled<Answer>): void;
  reject(error: Error): void;
}

interface Seat<Job, Answer> {
  worker: PoolWorker<Job, Answer> | null;
  busy: boolean;
}

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 30_000;
/** After so many starts in vain callers are refused at once, instead of waiting for their deadline. */
const HOPELESS = 3;
const SMOOTHING = 0.2;

/**
 * Workers behind one bounded queue. A worker that dies is started again, with growing delays, and what it
 * computed is tried once more; what cannot be answered before its deadline is refused as early as that is known.
 */
export class WorkerPool<Job, Answer> implements AsyncDisposable {
  readonly #options: PoolOptions<Job, Answer>;
  readonly #seats: Seat<Job, Answer>[] = [];
  #queue: Waiting<Job, Answer>[] = [];
  #lost = 0;
  #failures = 0;
  #lastLoss = 'it was never started';
  /** Smoothed time of one computation. */
  #computeMs = 0;
  readonly #closing = new AbortController();
  #idle: (() => void) | undefined;

  private constructor(options: PoolOptions<Job, Answer>) {
    this.#options = options;
  }

  /** Starts all workers; rejects when one of them can't be started. */
  static async open<Job, Answer>(options: PoolOptions<Job, Answer>): Promise<WorkerPool<Job, Answer>> {
    const pool = new WorkerPool(options);
    // The first alone: what is wrong with the model shows before more of them are started.
    for (let number = 0; number < options.workers; number += 1) {
      try {
        pool.#seat(await options.open());
      } catch (error) {
        await pool[Symbol.asyncDispose]();
        throw error;
      }
    }
    return pool;
  }

  /** @throws ENGINE_OVERLOADED, ENGINE_DEADLINE, ENGINE_WORKER_LOST, ENGINE_WORKER_DOWN, ENGINE_CLOSED */
  submit(job: Job, timeoutMs: number): Promise<Pooled<Answer>> {
    const refusal = this.#refusal(timeoutMs);
    if (refusal !== null) return Promise.reject(refusal);
    return new Promise<Pooled<Answer>>((resolve, reject) => {
      const settle = <T>(done: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer);
          waiting.settled = true;
          done(value);
        };
      };
      const waiting: Waiting<Job, Answer> = {
        job,
        since: performance.now(),
        tries: 0,
        settled: false,
        resolve: settle(resolve),
        reject: settle(reject),
      };
      const timer = setTimeout(() => {
        this.#queue = this.#queue.filter((one) => one !== waiting);
        waiting.reject(engineErrors.DEADLINE({ timeout_ms: timeoutMs }));
      }, timeoutMs);
      this.#queue.push(waiting);
      this.#dispatch();
    });
  }

  load(): EngineLoad {
    return {
      workers: this.#seats.filter(({ worker }) => worker !== null).length,
      busy: this.#seats.filter(({ busy }) => busy).length,
      queued: this.#queue.length,
      lost: this.#lost,
    };
  }

  /** Answers what it has accepted, then ends the workers. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    if (this.load().workers === 0) this.#rejectQueue();
    if (this.#queue.length > 0 || this.#seats.some(({ busy }) => busy)) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
        this.#dispatch();
      });
    }
    await Promise.all(this.#seats.map(({ worker }) => worker?.[Symbol.asyncDispose]()));
  }

  #refusal(timeoutMs: number): Error | null {
    if (this.#closing.signal.aborted) return engineErrors.CLOSED();
    const { workers, busy, queued } = this.load();
    if (workers === 0 && this.#failures >= HOPELESS) return engineErrors.WORKER_DOWN({ reason: this.#lastLoss });
    const ahead = queued + (busy === this.#options.workers ? 1 : 0);
    const waitMs = Math.round((ahead / this.#options.workers) * this.#computeMs);
    if (queued >= this.#options.maxQueue || waitMs > timeoutMs) {
      return engineErrors.OVERLOADED({ queued, wait_ms: waitMs });
    }
    return null;
  }

  #seat(worker: PoolWorker<Job, Answer>, seat: Seat<Job, Answer> = this.#newSeat()): void {
    seat.worker = worker;
    void worker.gone.then((reason) => this.#lose(seat, worker, reason));
    this.#dispatch();
  }

  #newSeat(): Seat<Job, Answer> {
    const seat = { worker: null, busy: false };
    this.#seats.push(seat);
    return seat;
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const seat = this.#seats.find(({ worker, busy }) => worker !== null && !busy);
      if (!seat?.worker) break;
      const waiting = this.#queue.shift();
      if (waiting) void this.#compute(seat, seat.worker, waiting);
    }
    if (this.#idle && this.#queue.length === 0 && !this.#seats.some(({ busy }) => busy)) this.#idle();
  }

  async #compute(
    seat: Seat<Job, Answer>,
    worker: PoolWorker<Job, Answer>,
    waiting: Waiting<Job, Answer>,
  ): Promise<void> {
    seat.busy = true;
    waiting.tries += 1;
    const began = performance.now();
    try {
      const answer = await worker.run(waiting.job, this.#options.stuckMs);
      const computeMs = performance.now() - began;
      this.#computeMs += SMOOTHING * (computeMs - this.#computeMs);
      this.#failures = 0;
      waiting.resolve({
        answer,
        queueMicros: Math.round((began - waiting.since) * 1_000),
        computeMicros: Math.round(computeMs * 1_000),
      });
    } catch (error) {
      if (error instanceof WorkerGone) this.#again(seat, worker, waiting, error.message);
      else waiting.reject(error as Error);
    } finally {
      seat.busy = false;
      this.#dispatch();
    }
  }

  /** A request that was being computed when the worker died is tried once more; two deaths are its own doing. */
  #again(
    seat: Seat<Job, Answer>,
    worker: PoolWorker<Job, Answer>,
    waiting: Waiting<Job, Answer>,
    reason: string,
  ): void {
    if (seat.worker === worker) seat.worker = null;
    if (waiting.settled) return;
    if (waiting.tries < 2 && !this.#closing.signal.aborted) this.#queue.unshift(waiting);
    else waiting.reject(engineErrors.WORKER_LOST({ reason }));
  }

  #lose(seat: Seat<Job, Answer>, worker: PoolWorker<Job, Answer>, reason: string): void {
    if (seat.worker === worker) seat.worker = null;
    if (this.#closing.signal.aborted) {
      this.#rejectQueue();
      return;
    }
    this.#lost += 1;
    this.#lastLoss = reason;
    this.#options.onLoss?.(reason);
    void this.#restart(seat);
  }

  async #restart(seat: Seat<Job, Answer>): Promise<void> {
    const { signal } = this.#closing;
    let delay = this.#failures === 0 ? 0 : FIRST_DELAY_MS * 2 ** this.#failures;
    // Counted as in vain until it has answered something: a model that dies on every request restarts ever slower.
    for (;;) {
      this.#failures += 1;
      await sleep(Math.min(delay, LONGEST_DELAY_MS), undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      try {
        const worker = await this.#options.open();
        if (!signal.aborted) return this.#seat(worker, seat);
        await worker[Symbol.asyncDispose]();
        return;
      } catch (error) {
        this.#lastLoss = (error as Error).message;
        this.#options.onLoss?.(this.#lastLoss);
        delay = FIRST_DELAY_MS * 2 ** this.#failures;
        if (this.#failures >= HOPELESS && this.load().workers === 0) this.#rejectQueue();
      }
    }
  }

  #rejectQueue(): void {
    const queue = this.#queue;
    this.#queue = [];
    for (const waiting of queue) waiting.reject(engineErrors.WORKER_DOWN({ reason: this.#lastLoss }));
    this.#dispatch();
  }
}
