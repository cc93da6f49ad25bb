import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inheritedEnvironment } from '../platform/config/inherited-environment.ts';
import { ensureEnvironment } from '../platform/environments/ensure-environment.ts';
import { environmentErrors } from '../platform/environments/errors.ts';
import { findPython } from '../platform/environments/find-python.ts';
import { requirementLines } from '../platform/environments/lock-files.ts';
import { readModelRequirements } from '../platform/environments/model-environment.ts';
import { pythonPath } from '../platform/environments/python-path.ts';
import { BucleError } from '../platform/errors.ts';
import { run } from '../platform/processes/run.ts';
import { type Conversion, readConversion } from './conversion.ts';

export interface ConversionTask {
  /** Folder of the MLflow model. */
  readonly folder: string;
  /** `golden.json` of the model: real rows for the proof. */
  readonly goldenFile: string;
  /** Empty folder for `model.onnx` and `conversion.json`. */
  readonly outFolder: string;
  /** Folder of all environments, and the interpreter that they are made from. */
  readonly root: string;
  readonly python: string;
  /** Some conversions never end. */
  readonly timeLimitMs: number;
  readonly signal?: AbortSignal;
  readonly onLine?: (line: string) => void;
}

export type ConversionOutcome =
  | { readonly converted: true; readonly conversion: Conversion }
  | { readonly converted: false; readonly reason: string; readonly conversion: Conversion | null };

const GRACE_MS = 15_000;

/**
 * Converts a model to ONNX and proves it, in an environment of its own: the model's requirements with pinned
 * converters over them. What can't be converted or isn't proven is an answer with a reason, not an error.
 * @throws ENVIRONMENT_INDEX_UNREACHABLE and the like, which say nothing about the model: try again later
 */
export async function convertModel(task: ConversionTask): Promise<ConversionOutcome> {
  const { folder, goldenFile, outFolder, timeLimitMs, signal, onLine } = task;
  const python = await conversionPython(task);
  if (typeof python !== 'string') return { converted: false, reason: python.reason, conversion: null };
  await mkdir(outFolder, { recursive: true });
  const seconds = Math.max(1, Math.floor(timeLimitMs / 1_000));
  const args = ['--model', folder, '--golden', goldenFile, '--out', outFolder, '--time-limit', String(seconds)];
  const result = await run(python, ['-m', 'bucle.convert', ...args], {
    cwd: outFolder,
    env: { ...inheritedEnvironment(), PYTHONPATH: pythonPath(), PYTHONNOUSERSITE: '1', HOME: outFolder },
    timeoutMs: timeLimitMs + GRACE_MS,
    ...(signal ? { signal } : {}),
    ...(onLine ? { onLine } : {}),
  });
  if (result.timedOut) return unconverted(`the conversion took longer than ${seconds} s and was ended`);
  if (result.code !== 0) return unconverted(`the converter crashed: ${lastLines(result.stderr)}`);
  const conversion = await readConversion(join(outFolder, 'conversion.json'));
  if (conversion.converted && conversion.proven) return { converted: true, conversion };
  const reason = conversion.reason ?? 'the converted form is not proven to give the same answers';
  return { converted: false, reason, conversion };
}

/** Interpreter of the environment for the conversion, or why there is none for this model. */
async function conversionPython(task: ConversionTask): Promise<string | { readonly reason: string }> {
  const { folder, root, signal, onLine } = task;
  const converters = requirementLines(await readFile(join(pythonPath(), 'convert-requirements.txt'), 'utf8'));
  try {
    const { lock, pythonVersion } = await readModelRequirements(folder);
    const python =
      pythonVersion === null ? task.python : await findPython({ root, python: task.python }, pythonVersion);
    if (python === null) {
      return { reason: `it was trained with Python ${pythonVersion ?? ''}, and this machine has no such Python` };
    }
    const environment = await ensureEnvironment({
      root,
      python,
      lock,
      extra: converters,
      ...(signal ? { signal } : {}),
      ...(onLine ? { onLine } : {}),
    });
    return environment.python;
  } catch (error) {
    if (!(error instanceof BucleError) || error.retryable || error.code === PYTHON_MISSING) throw error;
    return { reason: `the environment for the conversion cannot be built: ${error.message}` };
  }
}

const PYTHON_MISSING = environmentErrors.PYTHON_MISSING().code;

function unconverted(reason: string): ConversionOutcome {
  return { converted: false, reason, conversion: null };
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' ').slice(-600);
}
