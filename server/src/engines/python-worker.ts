import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { inheritedEnvironment } from '../platform/config/inherited-environment.ts';
import { pythonPath } from '../platform/environments/python-path.ts';
import { ChannelClosed, FrameChannel } from '../platform/processes/frame-channel.ts';
import type { PredictRequest } from './engine.ts';
import { engineErrors } from './errors.ts';
import { toWire, type Value } from './values.ts';
import { type PoolWorker, WorkerGone } from './worker-pool.ts';

export interface PythonWorkerOptions {
  /** Interpreter of the model's environment. */
  readonly python: string;
  /** Folder of the MLflow model. */
  readonly folder: string;
  /** Folder that the worker may write to; its log goes there too. */
  readonly workDir: string;
  /** Marks the process, so that its owner finds it after a crash of its own. */
  readonly marker?: { readonly name: string; readonly value: string };
  readonly loadMs?: number;
}

/** What the worker says of itself after loading. */
export interface LoadedModel {
  readonly loader: string;
  readonly python: string;
  readonly packages: Readonly<Record<string, string>>;
  readonly seconds: number;
}

export interface PythonWorker extends PoolWorker<PredictRequest, readonly Value[]> {
  readonly model: LoadedModel;
}

type Answer =
  | { readonly ok: true; readonly outputs?: readonly Value[]; readonly info?: LoadedModel }
  | { readonly ok: false; readonly error: { readonly kind: 'schema' | 'model' | 'load'; readonly message: string } };

const LOAD_MS = 180_000;
const MAX_LOG_BYTES = 16 * 1024 * 1024;
const LOG_CHECK_MS = 5_000;

/** Starts a process and loads the model in it. @throws ENGINE_LOAD_FAILED */
export async function openPythonWorker(options: PythonWorkerOptions): Promise<PythonWorker> {
  const log = openLog(options.workDir);
  const channel = new FrameChannel({
    command: options.python,
    args: ['-m', 'bucle.worker'],
    cwd: options.workDir,
    env: workerEnvironment(options),
    log: log.descriptor,
  });
  void channel.ended.then(() => log.close());
  const gone = channel.ended.then(({ code, signal }) => `The process ended (${signal ?? `exit code ${code}`}).`);
  try {
    const answer = await channel.request<Answer>({ op: 'load', path: options.folder }, options.loadMs ?? LOAD_MS);
    if (!answer.ok) throw engineErrors.LOAD_FAILED({ reason: answer.error.message });
    if (!answer.info) throw engineErrors.LOAD_FAILED({ reason: 'the worker does not say what it loaded' });
    return {
      model: answer.info,
      gone,
      run: (request, stuckMs) => predict(channel, request, stuckMs),
      [Symbol.asyncDispose]: () => channel[Symbol.asyncDispose](),
    };
  } catch (error) {
    await channel[Symbol.asyncDispose]();
    if (error instanceof ChannelClosed) throw engineErrors.LOAD_FAILED({ reason: error.message }, { cause: error });
    throw error;
  }
}

async function predict(
  channel: FrameChannel,
  { input, params }: PredictRequest,
  stuckMs: number,
): Promise<readonly Value[]> {
  const body =
    input.kind === 'table'
      ? { columns: input.columns, rows: input.rows.map((row) => toWire(row)) }
      : { tensor: toWire(input.tensor) };
  const message = { op: 'predict', ...body, params: params ? toWire(params) : null };
  const answer = await channel.request<Answer>(message, stuckMs).catch((error: Error) => {
    if (error instanceof ChannelClosed) throw new WorkerGone(error.message);
    if (error instanceof RangeError) throw engineErrors.INPUT_REFUSED({ problem: error.message });
    throw error;
  });
  if (answer.ok) return answer.outputs ?? [];
  const { kind, message: reason } = answer.error;
  if (kind === 'schema') throw engineErrors.INPUT_REFUSED({ problem: reason });
  throw engineErrors.MODEL_FAILED({ reason });
}

/** Nothing of our own environment but what a program needs to start: no secrets, no settings. */
function workerEnvironment({ workDir, marker }: PythonWorkerOptions): Record<string, string> {
  const inherited = inheritedEnvironment();
  const kept = ['PATH', 'LANG', 'LC_ALL', 'TZ', 'LD_LIBRARY_PATH', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];
  const passed = kept.flatMap((name) => (inherited[name] === undefined ? [] : [[name, inherited[name]] as const]));
  const threads = ['OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS', 'NUMEXPR_NUM_THREADS'];
  return {
    ...Object.fromEntries(passed),
    ...Object.fromEntries(threads.map((name) => [name, '1'])),
    HOME: workDir,
    TMPDIR: join(workDir, 'tmp'),
    PYTHONPATH: pythonPath(),
    PYTHONNOUSERSITE: '1',
    PYTHONUNBUFFERED: '1',
    PYTHONHASHSEED: '0',
    ...(marker ? { [marker.name]: marker.value } : {}),
  };
}

/** What the model prints; cut off when it is too much, so that a chatty model can't fill the disk. */
function openLog(workDir: string): { readonly descriptor: number; close(): void } {
  mkdirSync(join(workDir, 'tmp'), { recursive: true });
  const descriptor = openSync(join(workDir, 'worker.log'), 'a', 0o600);
  const timer = setInterval(() => {
    if (fstatSync(descriptor).size > MAX_LOG_BYTES) ftruncateSync(descriptor, 0);
  }, LOG_CHECK_MS);
  timer.unref();
  return {
    descriptor,
    close() {
      clearInterval(timer);
      closeSync(descriptor);
    },
  };
}
