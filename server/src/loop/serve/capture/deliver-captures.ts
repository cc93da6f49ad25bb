import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '@bucle/client';
import { randomInteger } from '../../../platform/ids.ts';
import type { Log } from '../../../platform/log.ts';
import type { ControlServer } from '../gateway/control-server.ts';
import type { CaptureSource, WaitingCaptures } from './capture.ts';
import { CAPTURES_PATH, CAPTURES_TYPE, encodeBatch } from './capture-batch.ts';

/** Few enough that reading them delays no prediction. */
const BATCH_BYTES = 1024 * 1024;
/** So long captures gather before they are sent; with syncing and sending they arrive within a second. */
const GATHER_MS = 300;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2_000;
const ANSWER_WITHIN_MS = 20_000;

export interface DeliveryOptions {
  readonly captures: CaptureSource;
  readonly server: Pick<ControlServer, 'send'>;
  /** Id of this gateway, for people. */
  readonly gateway: string;
  readonly log: Log;
  readonly batchBytes?: number;
}

/** Sends what the log holds to the control server for as long as it takes, each capture at least once and in order. */
export function deliverCaptures(options: DeliveryOptions): AsyncDisposable {
  const closing = new AbortController();
  const done = run(new Delivery(options, closing.signal), closing.signal);
  return {
    async [Symbol.asyncDispose]() {
      closing.abort();
      await done;
    },
  };
}

async function run(delivery: Delivery, signal: AbortSignal): Promise<void> {
  let pause = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    const delivered = await delivery.turn();
    if (delivered) pause = FIRST_PAUSE_MS;
    else {
      await rest(pause + randomInteger(pause), signal);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    }
  }
}

class Delivery {
  readonly #options: DeliveryOptions;
  readonly #signal: AbortSignal;
  readonly #most: number;
  #bytes: number;
  #toldLosses = 0;
  #failing = false;

  constructor(options: DeliveryOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#most = options.batchBytes ?? BATCH_BYTES;
    this.#bytes = this.#most;
  }

  /** Waits for captures and sends one batch; false when the server did not take it and somebody must wait. */
  async turn(): Promise<boolean> {
    const { captures, log } = this.#options;
    try {
      await captures.keepBudget();
      await captures.untilNews(this.#toldLosses, this.#signal);
      let waiting = await captures.peek(this.#bytes);
      if (!this.#signal.aborted && (waiting?.lines.length ?? 0) < this.#bytes / 2) {
        await rest(GATHER_MS, this.#signal);
        waiting = await captures.peek(this.#bytes);
      }
      if (this.#signal.aborted) return true;
      return await this.#send(waiting);
    } catch (error) {
      if (this.#signal.aborted) return true;
      if (!this.#failing) log.warn({ err: error }, 'captures wait in the log: the control server does not take them');
      this.#failing = true;
      return false;
    }
  }

  async #send(waiting: WaitingCaptures | null): Promise<boolean> {
    const { captures, gateway, server } = this.#options;
    const losses = [...captures.losses()];
    const { first, count, lines } = waiting ?? { first: 0, count: 0, lines: new Uint8Array() };
    const body = await encodeBatch(
      { format: 'bucle.captures.v1', gateway, log: captures.id, first, count, losses },
      lines,
    );
    try {
      const answer = await server.send('POST', CAPTURES_PATH, {
        body,
        headers: { 'content-type': CAPTURES_TYPE },
        signal: AbortSignal.any([this.#signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
      });
      await answer.arrayBuffer();
    } catch (error) {
      if (!waiting || !isRefusal(error)) throw error;
      await this.#setAside(waiting, error);
      return true;
    }
    if (waiting) await captures.acknowledge(waiting);
    this.#toldLosses = losses.reduce((sum, { lost }) => sum + lost, 0);
    this.#bytes = this.#most;
    if (this.#failing) this.#options.log.info('the control server takes captures again');
    this.#failing = false;
    return true;
  }

  /** Halves the batch until it is the one capture that the server refuses; that one is given up. */
  async #setAside(refused: WaitingCaptures, error: ApiError): Promise<void> {
    if (refused.count > 1) {
      this.#bytes = Math.ceil(refused.lines.length / 2);
      return;
    }
    this.#options.log.error(
      { err: error, offset: refused.first },
      'the control server refuses a capture; it is given up',
    );
    await this.#options.captures.giveUp(refused);
    this.#bytes = this.#most;
  }
}

/** The server will never take these captures, however often they are sent. */
function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.code === 'SERVE_CAPTURE_INVALID' || error.status === 413);
}

function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  return sleep(milliseconds, undefined, { signal }).catch(() => {});
}
