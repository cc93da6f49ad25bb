import type { Value } from '../../../engines/values.ts';

/** One answered request, as the gateway writes it into its log before the answer leaves. */
export interface Capture {
  /** UUIDv7 of the request, what the header `Bucle-Prediction-Id` says; row k is `ID.k`. */
  readonly id: string;
  readonly endpoint: string;
  /** Id of the deployment that answered. */
  readonly deployment: string;
  /** `version:flights/3` */
  readonly version: string;
  /** Milliseconds since the epoch, the gateway's clock. */
  readonly received_at: number;
  /** When it happened in the users' world; the time of receipt when nobody said. */
  readonly event_time: number;
  /** What it is about: the declared key of row 0, or the header `Bucle-Key`. */
  readonly key: string | null;
  /** One per row, when the key came as a column. */
  readonly keys: readonly (string | null)[] | null;
  /** One per row, when the event time came as a column; `event_time` is that of row 0. */
  readonly event_times: readonly number[] | null;
  /** Rows that were erased: of these, nulls are all that is left. */
  readonly erased?: readonly number[];
  readonly protocol: 'mlflow' | 'oip';
  /** Token that asked; null without one. */
  readonly caller: string | null;
  /** Names of the input's columns; null for a tensor. */
  readonly columns: readonly string[] | null;
  /** Input rows as the caller sent them; null for a tensor. In wire form (see `toWire`). */
  readonly rows: readonly (readonly Value[])[] | null;
  /** Input that is no table, in wire form. */
  readonly tensor: Value | null;
  /** One per row, in wire form. */
  readonly outputs: readonly Value[];
  /** Microseconds in the queue and in the model. */
  readonly queue_us: number;
  readonly compute_us: number;
}

/** Where the gateway keeps what it answered until the control server has it. */
export interface CaptureLog extends AsyncDisposable {
  /**
   * Hands the capture to the operating system by `write()` before it returns, so that it survives `kill -9`; it is
   * on disk within 50 ms. False when it could not be kept (a full disk): the answer goes out all the same, and the loss is counted.
   */
  append(capture: Capture): boolean;
  /**
   * Since the log was made: `kept` went to disk, of which `delivered` are with the server and `waiting` are not yet;
   * `lost` never reached the disk, or had to go before they were delivered.
   */
  counts(): { readonly kept: number; readonly delivered: number; readonly lost: number; readonly waiting: number };
}

/** Answers that are in no log. Both names are empty when nobody can say whose they were. */
export interface Loss {
  readonly endpoint: string;
  readonly deployment: string;
  /** Since the log was made. */
  readonly lost: number;
}

/** Captures as they lie in the log. */
export interface WaitingCaptures {
  /** Offset of the first one; the others follow without gaps. */
  readonly first: number;
  readonly count: number;
  /** JSON, each with a line feed at its end. */
  readonly lines: Uint8Array;
}

/** The side of the log that delivers. */
export interface CaptureSource {
  /** Lives as long as the log's folder: with an offset it names a capture for ever. */
  readonly id: string;
  /** The oldest that were not delivered, about so many bytes of them and at least one; null when none is on disk. */
  peek(maxBytes: number): Promise<WaitingCaptures | null>;
  /** The server has what `peek` gave. When it resolves, that is on disk. */
  acknowledge(delivered: Pick<WaitingCaptures, 'first' | 'count'>): Promise<void>;
  /** Gives up on what `peek` gave, and counts it as lost. */
  giveUp(refused: WaitingCaptures): Promise<void>;
  losses(): readonly Loss[];
  /** Drops the oldest segments, counted as lost, while the log is larger than its budget. */
  keepBudget(): Promise<void>;
  /** Resolves when something is there to be peeked at, or more was lost than the `told`. */
  untilNews(told: number, signal: AbortSignal): Promise<void>;
}
