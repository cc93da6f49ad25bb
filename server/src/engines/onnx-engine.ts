import { createRequire } from 'node:module';
import { conformInput } from './conform-input.ts';
import type { Conversion } from './conversion.ts';
import { defaultPool, type Engine, type EngineInfo, type PoolSettings, type Prediction } from './engine.ts';
import { engineErrors } from './errors.ts';
import { fromTensor, type Tensor, toTensors } from './onnx-tensors.ts';
import { openOnnxWorker } from './onnx-worker.ts';
import type { Signature } from './signature.ts';
import type { Value } from './values.ts';
import { WorkerPool } from './worker-pool.ts';

export interface OnnxModel {
  readonly modelFile: string;
  readonly conversion: Conversion;
  readonly signature: Signature | null;
  readonly pool?: Partial<PoolSettings>;
  readonly onLoss?: (reason: string) => void;
}

/** Runs the ONNX form of a model on worker threads. @throws ENGINE_LOAD_FAILED, ENGINE_CONVERSION_INVALID */
export async function openOnnxEngine(model: OnnxModel): Promise<Engine> {
  const { conversion, signature, modelFile, onLoss } = model;
  const { output } = conversion;
  if (!conversion.converted || output === null) {
    throw engineErrors.CONVERSION_INVALID({ problem: conversion.reason ?? 'it was not converted' });
  }
  const began = performance.now();
  const pool = await WorkerPool.open<readonly Tensor[], Tensor>({
    ...defaultPool,
    ...model.pool,
    open: () => openOnnxWorker({ modelFile, output: output.name }),
    ...(onLoss ? { onLoss } : {}),
  });
  const info: EngineInfo = {
    loader: `onnxruntime ${runtimeVersion()}`,
    python: null,
    packages: conversion.packages,
    loadSeconds: (performance.now() - began) / 1_000,
  };
  const single = answersSingle(conversion, signature);
  return {
    kind: 'onnx',
    info,
    load: () => pool.load(),
    async predict({ input, params }, { timeoutMs }): Promise<Prediction> {
      refuseParameters(signature, params);
      const feeds = toTensors(conversion, conformInput(signature, input));
      const { answer, queueMicros, computeMicros } = await pool.submit(feeds, timeoutMs);
      return { outputs: fromTensor(output, answer, single), queueMicros, computeMicros };
    },
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

/** Whether an output of width 1 is a number per row, not a list of one. */
function answersSingle({ output }: Conversion, signature: Signature | null): boolean {
  if (output?.kind === 'probability') return false;
  const declared = signature?.outputs;
  if (declared?.kind !== 'tensors') return true;
  return (declared.tensors[0]?.shape.length ?? 1) < 2;
}

// The graph was made with their defaults, and there is no way to set them later.
function refuseParameters(signature: Signature | null, params: Readonly<Record<string, Value>> | null = null): void {
  if (params === null) return;
  const changed = (signature?.params ?? []).filter(
    ({ name, default: fallback }) => Object.hasOwn(params, name) && params[name] !== fallback,
  );
  if (changed.length === 0) return;
  const names = changed.map(({ name }) => name).join(', ');
  throw engineErrors.INPUT_REFUSED({
    problem: `This deployment runs the ONNX form of the model, which has no parameters (${names}); deploy it with the engine python.`,
  });
}

function runtimeVersion(): string {
  const require = createRequire(import.meta.url);
  return (require('onnxruntime-node/package.json') as { version: string }).version;
}
