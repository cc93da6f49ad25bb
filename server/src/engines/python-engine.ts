import { conformInput } from './conform-input.ts';
import { defaultPool, type Engine, type PoolSettings, type Prediction, type PredictRequest } from './engine.ts';
import { openPythonWorker, type PythonWorker, type PythonWorkerOptions } from './python-worker.ts';
import { outputsAreTexts, type Signature } from './signature.ts';
import { fromWire, type Value } from './values.ts';
import { WorkerPool } from './worker-pool.ts';

export interface PythonModel extends PythonWorkerOptions {
  readonly signature: Signature | null;
  readonly pool?: Partial<PoolSettings>;
  readonly onLoss?: (reason: string) => void;
}

/** Runs any model that MLflow can load, in processes with its own environment. @throws ENGINE_LOAD_FAILED */
export async function openPythonEngine(model: PythonModel): Promise<Engine> {
  const { signature, onLoss } = model;
  const began = performance.now();
  let first: PythonWorker | undefined;
  const pool = await WorkerPool.open<PredictRequest, readonly Value[]>({
    ...defaultPool,
    ...model.pool,
    open: async () => {
      const worker = await openPythonWorker(model);
      first ??= worker;
      return worker;
    },
    ...(onLoss ? { onLoss } : {}),
  });
  const texts = outputsAreTexts(signature);
  return {
    kind: 'python',
    info: {
      loader: first?.model.loader ?? 'python',
      python: first?.model.python ?? null,
      packages: first?.model.packages ?? {},
      loadSeconds: (performance.now() - began) / 1_000,
    },
    load: () => pool.load(),
    async predict({ input, params = null }, { timeoutMs }): Promise<Prediction> {
      const conformed = conformInput(signature, input);
      const { answer, queueMicros, computeMicros } = await pool.submit({ input: conformed, params }, timeoutMs);
      return { outputs: answer.map((output) => fromWire(output, texts)), queueMicros, computeMicros };
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
