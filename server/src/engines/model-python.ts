import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from '../platform/config/config.ts';
import { ensureEnvironment } from '../platform/environments/ensure-environment.ts';
import type { Environment, Lock } from '../platform/environments/environment.ts';
import { findPython } from '../platform/environments/find-python.ts';
import { readModelRequirements } from '../platform/environments/model-environment.ts';
import { writeDurably } from '../platform/processes/durable-file.ts';
import { BringUpFailure } from './bring-up-failure.ts';

/** Where environments are, and the requirements files that some are made from. */
export interface PythonFolder {
  readonly environments: string;
  readonly requirements: string;
}

/** What to install, when the model's own files shall not say it. */
export interface WantedPython {
  /** Text of a requirements file. */
  readonly requirements: string | null;
  /** `3.11.7`; its minor version decides. */
  readonly python: string | null;
}

export interface PythonParts {
  readonly config: Pick<Config, 'python'>;
  readonly folder: PythonFolder;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
}

/**
 * The environment that a Python worker of the model runs in: built once on this machine, afterwards found
 * without any network. @throws ENVIRONMENT_…, BringUpFailure when no fitting Python is here
 */
export async function modelPython(
  { config, folder, signal, onLine }: PythonParts,
  { requirements, python: wanted }: WantedPython,
  modelFolder: string,
): Promise<Environment> {
  const root = folder.environments;
  const own = requirements === null || wanted === null ? await readModelRequirements(modelFolder) : null;
  const lock: Lock = requirements === null && own ? own.lock : await writeRequirements(folder, requirements ?? '');
  const version = wanted ?? own?.pythonVersion ?? null;
  const python = version === null ? config.python : await findPython({ root, python: config.python }, version);
  if (python === null) {
    throw new BringUpFailure({
      reason: `The model was trained with Python ${version}, and this machine has no such Python: install it, or log the model with the Python that is here.`,
      engine: 'python',
    });
  }
  return ensureEnvironment({ root, python, lock, onLine, signal });
}

async function writeRequirements({ requirements: folder }: PythonFolder, text: string): Promise<Lock> {
  const file = join(folder, createHash('sha256').update(text).digest('hex'), 'requirements.txt');
  await writeDurably(file, text);
  return { kind: 'requirements', file };
}
