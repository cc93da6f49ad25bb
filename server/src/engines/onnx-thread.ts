import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import type { Tensor, TensorData } from './onnx-tensors.ts';

/** Worker thread: one session; `onnxruntime-node` computes synchronously, so it must not run anywhere else. */
export interface OnnxThreadData {
  readonly modelFile: string;
  readonly output: string;
}

export type OnnxThreadMessage =
  | { readonly loaded: true; readonly inputs: readonly string[]; readonly outputs: readonly string[] }
  | { readonly loaded: false; readonly reason: string }
  | { readonly id: number; readonly output: Tensor }
  | { readonly id: number; readonly failure: string };

export interface OnnxThreadRequest {
  readonly id: number;
  readonly feeds: readonly Tensor[];
}

const { modelFile, output } = workerData as OnnxThreadData;

function post(message: OnnxThreadMessage): void {
  parentPort?.postMessage(message);
}

async function load(): Promise<InferenceSession | null> {
  try {
    const session = await InferenceSession.create(modelFile, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    });
    post({ loaded: true, inputs: session.inputNames, outputs: session.outputNames });
    return session;
  } catch (error) {
    post({ loaded: false, reason: (error as Error).message });
    return null;
  }
}

async function run(session: InferenceSession, { id, feeds }: OnnxThreadRequest): Promise<void> {
  try {
    const inputs = feeds.map(({ name, type, data, dims }) => {
      return [name, new OnnxTensor(type as 'float32', data as Float32Array, dims)] as const;
    });
    const results = await session.run(Object.fromEntries(inputs), [output]);
    const tensor = results[output];
    if (tensor === undefined) throw new Error(`there is no output ${output}`);
    const { type, dims } = tensor;
    post({ id, output: { name: output, type, dims, data: tensor.data as TensorData } });
  } catch (error) {
    post({ id, failure: (error as Error).message });
  }
}

const session = await load();
if (session === null) parentPort?.close();
else parentPort?.on('message', (request: OnnxThreadRequest) => void run(session, request));
