import { join } from 'node:path';
import { readConversion } from '../../../engines/conversion.ts';
import { defaultPool, type Engine, type EngineKind, type PoolSettings } from '../../../engines/engine.ts';
import { type MlModel, readMlModel } from '../../../engines/mlmodel.ts';
import { openOnnxEngine } from '../../../engines/onnx-engine.ts';
import type { ParityReport } from '../../../engines/parity-report.ts';
import { openPythonEngine } from '../../../engines/python-engine.ts';
import type { Signature } from '../../../engines/signature.ts';
import { BucleError } from '../../../platform/errors.ts';
import type { Log } from '../../../platform/log.ts';
import type { Marker } from '../../../platform/processes/kill-tree.ts';
import type { DesiredDeployment, DesiredEndpoint } from '../../deploy/index.ts';
import { BringUpFailure } from './bring-up-failure.ts';
import type { ControlServer } from './control-server.ts';
import { type DeploymentFiles, fetchDeployment } from './deployment-files.ts';
import type { GatewayFolder } from './gateway-folder.ts';
import { modelPython, type PythonParts } from './model-python.ts';
import { verifyEngine } from './verify-engine.ts';

/** A deployment and what its endpoint says about it. */
export interface Target {
  readonly endpoint: string;
  readonly deployment: DesiredDeployment;
  readonly prediction: DesiredEndpoint['prediction'];
  readonly workers: number | null;
  readonly timeoutMs: number;
}

/** An engine that reproduced the golden answers, and may get traffic. */
export interface Serving {
  readonly engine: Engine;
  readonly mlmodel: MlModel;
  readonly signature: Signature | null;
  readonly parity: ParityReport;
  /** Of the ONNX form, when it was given up. */
  readonly onnxParity: ParityReport | null;
  /** Why it is not the engine that was hoped for. */
  readonly reason: string | null;
}

export interface BringUpParts {
  readonly config: PythonParts['config'];
  readonly folder: GatewayFolder;
  readonly server: ControlServer;
  readonly log: Log;
  /** Carried by all workers of this gateway. */
  readonly marker: Marker;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

export interface Progress {
  /** What is being done, for a person. */
  preparing(line: string): void;
  verifying(engine: EngineKind): void;
}

/**
 * Files → engine → parity. With the engine `auto` an ONNX form that does not load, or answers otherwise, is
 * given up for a Python worker. @throws BringUpFailure; anything else may pass and is worth another try
 */
export async function bringUp(parts: BringUpParts, target: Target): Promise<Serving> {
  const { deployment } = target;
  const { golden } = deployment;
  if (golden === null) {
    throw new BringUpFailure({ reason: 'There are no golden requests, so that nothing can be proved.', engine: null });
  }
  parts.progress.preparing('fetching the files');
  const files = await fetchDeployment(parts, parts.folder, { ...deployment, golden });
  const mlmodel = await readMlModel(files.model.folder);
  const candidates = { parts, target, files, mlmodel };
  const onnx = files.onnx && deployment.engine !== 'python' ? await tryOnnx(candidates) : null;
  if (onnx && 'engine' in onnx) return onnx;
  const reason = onnx ? `${onnx.reason} A Python worker serves it.` : deployment.conversion_reason;
  if (deployment.engine === 'onnx') {
    throw new BringUpFailure({
      reason: onnx?.reason ?? `There is no ONNX form: ${deployment.conversion_reason ?? 'it was not converted'}.`,
      engine: 'onnx',
      parity: onnx?.parity ?? null,
    });
  }
  return openPython(candidates, { reason, onnxParity: onnx?.parity ?? null });
}

interface Candidate {
  readonly parts: BringUpParts;
  readonly target: Target;
  readonly files: DeploymentFiles;
  readonly mlmodel: MlModel;
}

interface GivenUp {
  readonly reason: string;
  readonly parity: ParityReport | null;
}

async function tryOnnx(candidate: Candidate): Promise<Serving | GivenUp> {
  const { parts, target, files, mlmodel } = candidate;
  const folder = files.onnx?.folder ?? '';
  const { signature } = mlmodel;
  let engine: Engine;
  try {
    const conversion = await readConversion(join(folder, 'conversion.json'));
    const modelFile = join(folder, 'model.onnx');
    engine = await openOnnxEngine({ modelFile, conversion, signature, ...poolOptions(parts, target) });
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
  { reason, onnxParity }: Pick<Serving, 'reason' | 'onnxParity'>,
): Promise<Serving> {
  const { parts, target, files, mlmodel } = candidate;
  const { signature } = mlmodel;
  const fail = (because: string, parity: ParityReport | null) =>
    new BringUpFailure({ reason: because, engine: 'python', parity, onnxParity });
  let engine: Engine;
  try {
    const onLine = parts.progress.preparing;
    const { python } = await modelPython({ ...parts, onLine }, target.deployment, files.model.folder);
    parts.progress.preparing('loading the model in a Python worker');
    engine = await openPythonEngine({
      ...{ python, signature, folder: files.model.folder, marker: parts.marker },
      ...{ workDir: join(parts.folder.work, target.deployment.id), ...poolOptions(parts, target) },
    });
  } catch (error) {
    if (!isAboutModel(error)) throw error;
    throw fail(error.message, null);
  }
  const parity = await verify(candidate, engine);
  if (!parity.passed) throw fail(parity.message, parity);
  return { engine, mlmodel, signature, parity, onnxParity, reason };
}

/** Closes the engine unless it may serve. */
async function verify({ parts, target, files, mlmodel }: Candidate, engine: Engine): Promise<ParityReport> {
  const { deployment, prediction } = target;
  let passed = false;
  try {
    parts.signal.throwIfAborted();
    parts.progress.verifying(engine.kind);
    const report = await verifyEngine(parts.folder, {
      ...{ deployment: deployment.id, modelId: deployment.model.id, engine, files, mlmodel, meaning: prediction },
    });
    passed = report.passed;
    return report;
  } finally {
    if (!passed) await engine[Symbol.asyncDispose]();
  }
}

function poolOptions({ log }: BringUpParts, { deployment, workers, timeoutMs }: Target) {
  const pool: PoolSettings = {
    ...defaultPool,
    ...(workers === null ? {} : { workers }),
    // Whoever may wait longer must not lose his worker before.
    stuckMs: Math.max(defaultPool.stuckMs, timeoutMs),
  };
  return {
    pool,
    onLoss: (reason: string) => log.warn({ deployment: deployment.id, reason }, 'a worker was lost'),
  };
}

/** Refused for good, as opposed to what may pass. */
function isAboutModel(error: unknown): error is BucleError {
  return error instanceof BucleError && !error.retryable;
}
