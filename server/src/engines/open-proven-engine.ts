import { join } from 'node:path';
import { BucleError } from '../platform/errors.ts';
import type { Marker } from '../platform/processes/kill-tree.ts';
import { BringUpFailure } from './bring-up-failure.ts';
import { readConversion } from './conversion.ts';
import type { Engine, EngineKind, PoolSettings } from './engine.ts';
import type { EngineFiles } from './engine-files.ts';
import { type MlModel, readMlModel } from './mlmodel.ts';
import { modelPython, type PythonParts, type WantedPython } from './model-python.ts';
import { openOnnxEngine } from './onnx-engine.ts';
import type { ParityReport } from './parity-report.ts';
import type { PredictionMeaning } from './prediction-meaning.ts';
import { openPythonEngine } from './python-engine.ts';
import type { Signature } from './signature.ts';
import { verifyEngine } from './verify-engine.ts';

/** A model, and how it may be run. */
export interface ProvableModel {
  /** Names its verdicts and its working folder. */
  readonly name: string;
  /** `m-…` */
  readonly modelId: string;
  readonly files: EngineFiles;
  readonly engine: EngineKind | 'auto';
  /** Why there is no ONNX form. */
  readonly conversionReason: string | null;
  readonly python: WantedPython;
  readonly meaning: PredictionMeaning | null;
  readonly pool: PoolSettings;
}

/** An engine that reproduced the golden answers. */
export interface ProvenEngine {
  readonly engine: Engine;
  readonly mlmodel: MlModel;
  readonly signature: Signature | null;
  readonly parity: ParityReport;
  /** Of the ONNX form, when it was given up. */
  readonly onnxParity: ParityReport | null;
  /** Why it is not the engine that was hoped for. */
  readonly reason: string | null;
}

export interface BringUpProgress {
  /** What is being done, for a person. */
  preparing(line: string): void;
  verifying(engine: EngineKind): void;
}

/** Where engines of one owner work. */
export interface EngineFolder {
  readonly work: string;
  readonly verdicts: string;
  readonly requirements: string;
  readonly environments: string;
}

export interface ProvingParts {
  readonly config: PythonParts['config'];
  readonly folder: EngineFolder;
  /** Carried by all worker processes. */
  readonly marker: Marker;
  readonly signal: AbortSignal;
  readonly progress: BringUpProgress;
  readonly onLoss: (reason: string) => void;
}

/**
 * Files → engine → parity. With the engine `auto` an ONNX form that does not load, or answers otherwise, is
 * given up for a Python worker. @throws BringUpFailure; anything else may pass and is worth another try
 */
export async function openProvenEngine(parts: ProvingParts, model: ProvableModel): Promise<ProvenEngine> {
  const candidate = { parts, model, mlmodel: await readMlModel(model.files.model.folder) };
  const { onnx: onnxFiles } = model.files;
  const onnx = onnxFiles && model.engine !== 'python' ? await tryOnnx(candidate, onnxFiles.folder) : null;
  if (onnx && 'engine' in onnx) return onnx;
  const reason = onnx ? `${onnx.reason} A Python worker serves it.` : model.conversionReason;
  if (model.engine === 'onnx') {
    throw new BringUpFailure({
      reason: onnx?.reason ?? `There is no ONNX form: ${model.conversionReason ?? 'it was not converted'}.`,
      engine: 'onnx',
      parity: onnx?.parity ?? null,
    });
  }
  return openPython(candidate, { reason, onnxParity: onnx?.parity ?? null });
}

interface Candidate {
  readonly parts: ProvingParts;
  readonly model: ProvableModel;
  readonly mlmodel: MlModel;
}

interface GivenUp {
  readonly reason: string;
  readonly parity: ParityReport | null;
}

async function tryOnnx(candidate: Candidate, folder: string): Promise<ProvenEngine | GivenUp> {
  const { parts, model, mlmodel } = candidate;
  const { signature } = mlmodel;
  const { onLoss } = parts;
  let engine: Engine;
  try {
    const conversion = await readConversion(join(folder, 'conversion.json'));
    const modelFile = join(folder, 'model.onnx');
    engine = await openOnnxEngine({ modelFile, conversion, signature, pool: model.pool, onLoss });
  } catch (error) {
    if (!isAboutModel(error)) throw error;
    return { reason: `The ONNX form cannot be used: ${error.message}`, parity: null };
  }
  const parity = await verify(candidate, engine);
  if (!parity.passed) return { reason: `The ONNX form answers otherwise. ${parity.message}`, parity };
  return { engine, mlmodel, signature, parity, onnxParity: null, reason: null };
}

async function openPython(
  candidate: Candidate,
  { reason, onnxParity }: Pick<ProvenEngine, 'reason' | 'onnxParity'>,
): Promise<ProvenEngine> {
  const { parts, model, mlmodel } = candidate;
  const { config, folder, signal, marker, onLoss, progress } = parts;
  const { signature } = mlmodel;
  const modelFolder = model.files.model.folder;
  const fail = (because: string, parity: ParityReport | null) =>
    new BringUpFailure({ reason: because, engine: 'python', parity, onnxParity });
  let engine: Engine;
  try {
    const onLine = progress.preparing;
    const { python } = await modelPython({ config, folder, signal, onLine }, model.python, modelFolder);
    progress.preparing('loading the model in a Python worker');
    engine = await openPythonEngine({
      ...{ python, signature, marker, onLoss, folder: modelFolder, pool: model.pool },
      workDir: join(folder.work, model.name),
    });
  } catch (error) {
    if (!isAboutModel(error)) throw error;
    throw fail(error.message, null);
  }
  const parity = await verify(candidate, engine);
  if (!parity.passed) throw fail(parity.message, parity);
  return { engine, mlmodel, signature, parity, onnxParity, reason };
}

/** Closes the engine unless it may be used. */
async function verify({ parts, model, mlmodel }: Candidate, engine: Engine): Promise<ParityReport> {
  const { name, modelId, files, meaning } = model;
  let passed = false;
  try {
    parts.signal.throwIfAborted();
    parts.progress.verifying(engine.kind);
    const report = await verifyEngine(parts.folder, { name, modelId, engine, files, mlmodel, meaning });
    passed = report.passed;
    return report;
  } finally {
    if (!passed) await engine[Symbol.asyncDispose]();
  }
}

/** Refused for good, as opposed to what may pass. */
function isAboutModel(error: unknown): error is BucleError {
  return error instanceof BucleError && !error.retryable;
}
