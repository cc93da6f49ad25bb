import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { engineErrors } from './errors.ts';
import { parseParameters, parseSchema, type Signature } from './signature.ts';
import { isRecord } from './values.ts';

/** What Bucle reads of the MLmodel file at the root of a model. */
export interface MlModel {
  readonly modelId: string | null;
  readonly runId: string | null;
  readonly mlflowVersion: string | null;
  /** `sklearn`, `xgboost` …, without `python_function`. */
  readonly flavors: readonly string[];
  /** Library of the native flavour and the version that wrote the model: `{"scikit-learn": "1.9.1"}`. */
  readonly libraries: Readonly<Record<string, string>>;
  /** Module that loads it as a Python function; null when it has no such flavour. */
  readonly loader: string | null;
  readonly pythonVersion: string | null;
  /** Method that answers: `predict`, `predict_proba`. */
  readonly predictFunction: string;
  readonly signature: Signature | null;
  /** Files of the input example, relative to the model. */
  readonly inputExample: { readonly path: string; readonly servingPath: string | null; readonly type: string } | null;
  /** Bytes of all its files when it was logged. */
  readonly sizeBytes: number | null;
}

const MAX_BYTES = 2 * 1024 * 1024;

/** Reads the MLmodel of a folder; hostile files are refused, never obeyed. @throws ENGINE_MLMODEL_INVALID */
export async function readMlModel(folder: string): Promise<MlModel> {
  const path = join(folder, 'MLmodel');
  const file = await open(path, 'r').catch(() => {
    throw engineErrors.MLMODEL_INVALID({ problem: 'it is missing' });
  });
  await using _file = file;
  const { size } = await file.stat();
  if (size > MAX_BYTES) throw engineErrors.MLMODEL_INVALID({ problem: `it is larger than ${MAX_BYTES} bytes` });
  return parseMlModel(await file.readFile('utf8'));
}

/** @throws ENGINE_MLMODEL_INVALID */
export function parseMlModel(text: string): MlModel {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    throw engineErrors.MLMODEL_INVALID({ problem: `it is larger than ${MAX_BYTES} bytes` });
  }
  try {
    return toMlModel(parseYaml(text));
  } catch (error) {
    throw engineErrors.MLMODEL_INVALID({ problem: (error as Error).message }, { cause: error });
  }
}

// Core schema: no custom tags, so that nothing but plain data can come out. Aliases could multiply it.
function parseYaml(text: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = parse(text, { schema: 'core', maxAliasCount: 100, prettyErrors: false, logLevel: 'silent' });
  } catch (error) {
    const reason = error instanceof RangeError ? 'it is nested too deeply' : 'it is not YAML';
    throw new Error(reason, { cause: error });
  }
  if (!isRecord(parsed)) throw new Error('it is not a mapping');
  return parsed;
}

function toMlModel(root: Record<string, unknown>): MlModel {
  const flavors = record(root['flavors']);
  if (Object.keys(flavors).length === 0) throw new Error('it names no flavour');
  const pyfunc = record(flavors['python_function']);
  return {
    modelId: text(root['model_id']),
    runId: text(root['run_id']),
    mlflowVersion: text(root['mlflow_version']),
    flavors: Object.keys(flavors).filter((name) => name !== 'python_function'),
    libraries: libraryVersions(flavors),
    loader: text(pyfunc['loader_module']),
    pythonVersion: text(pyfunc['python_version']),
    predictFunction: text(pyfunc['predict_fn']) ?? 'predict',
    signature: toSignature(root['signature']),
    inputExample: toInputExample(record(root['saved_input_example_info'])),
    sizeBytes: typeof root['model_size_bytes'] === 'number' ? root['model_size_bytes'] : null,
  };
}

function toSignature(given: unknown): Signature | null {
  if (!isRecord(given)) return null;
  return {
    inputs: parseSchema(given['inputs'], 'inputs'),
    outputs: parseSchema(given['outputs'], 'outputs'),
    params: parseParameters(given['params']),
  };
}

function toInputExample(info: Record<string, unknown>): MlModel['inputExample'] {
  const path = text(info['artifact_path']);
  if (path === null) return null;
  return { path, servingPath: text(info['serving_input_path']), type: text(info['type']) ?? 'unknown' };
}

const VERSION_FIELDS: Readonly<Record<string, readonly [field: string, distribution: string]>> = {
  sklearn: ['sklearn_version', 'scikit-learn'],
  xgboost: ['xgb_version', 'xgboost'],
  lightgbm: ['lgb_version', 'lightgbm'],
  catboost: ['catboost_version', 'catboost'],
  statsmodels: ['statsmodels_version', 'statsmodels'],
  pytorch: ['pytorch_version', 'torch'],
};

function libraryVersions(flavors: Record<string, unknown>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [flavor, [field, distribution]] of Object.entries(VERSION_FIELDS)) {
    const version = text(record(flavors[flavor])[field]);
    if (version !== null) found[distribution] = version;
  }
  return found;
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function text(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : null;
}
