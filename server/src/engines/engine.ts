import type { ModelInput, Value } from './values.ts';

export type EngineKind = 'onnx' | 'python';

export interface PredictRequest {
  readonly input: ModelInput;
  /** Inference parameters of the signature. */
  readonly params?: Readonly<Record<string, Value>> | null;
}

export interface PredictOptions {
  /** How long the caller waits, queueing included. */
  readonly timeoutMs: number;
}

export interface Prediction {
  /** One per row, exactly as the model's `predict` gives them. */
  readonly outputs: readonly Value[];
  /** Microseconds in the queue, and in the worker. */
  readonly queueMicros: number;
  readonly computeMicros: number;
}

export interface EngineInfo {
  /** What loads it: `onnxruntime 1.30.0`, `mlflow.sklearn`. */
  readonly loader: string;
  /** Version of the interpreter; null without one. */
  readonly python: string | null;
  /** Installed packages that the model runs on, name → version. */
  readonly packages: Readonly<Record<string, string>>;
  /** Seconds from the start of a worker to its readiness. */
  readonly loadSeconds: number;
}

export interface EngineLoad {
  readonly workers: number;
  readonly busy: number;
  readonly queued: number;
  /** Workers that ended by themselves or were killed since the start. */
  readonly lost: number;
}

/** A loaded model that answers, off the thread that asks. Disposing waits for what it has accepted. */
export interface Engine extends AsyncDisposable {
  readonly kind: EngineKind;
  readonly info: EngineInfo;
  /**
   * @throws ENGINE_INPUT_REFUSED, ENGINE_MODEL_FAILED, ENGINE_DEADLINE, ENGINE_OVERLOADED, ENGINE_WORKER_LOST,
   *   ENGINE_WORKER_DOWN, ENGINE_CLOSED
   */
  predict(request: PredictRequest, options: PredictOptions): Promise<Prediction>;
  load(): EngineLoad;
}

export interface PoolSettings {
  /** Workers that compute at the same time. */
  readonly workers: number;
  /** Requests that may wait; more are refused. */
  readonly maxQueue: number;
  /** A worker that computes longer is killed and replaced. */
  readonly stuckMs: number;
}

export const defaultPool: PoolSettings = { workers: 1, maxQueue: 1_000, stuckMs: 60_000 };
