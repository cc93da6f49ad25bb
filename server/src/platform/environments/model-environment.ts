import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Lock } from './environment.ts';
import { environmentErrors } from './errors.ts';

/** What the folder of an MLflow model says about the environment that it needs. */
export interface ModelRequirements {
  readonly lock: Lock;
  /** `3.11.7`; `null` when the model does not say. */
  readonly pythonVersion: string | null;
}

/** Reads `requirements.txt` and `python_env.yaml` as MLflow writes them. @throws ENVIRONMENT_LOCK_MISSING */
export async function readModelRequirements(folder: string): Promise<ModelRequirements> {
  const file = join(folder, 'requirements.txt');
  await readFile(file).catch(() => {
    throw environmentErrors.LOCK_MISSING({
      path: 'requirements.txt',
      problem: 'is missing in the folder of the model',
    });
  });
  const text = await readFile(join(folder, 'python_env.yaml'), 'utf8').catch(() => '');
  const parsed = parse(text) as { python?: unknown } | null;
  const version = parsed?.python;
  return {
    lock: { kind: 'requirements', file },
    pythonVersion: version === undefined || version === null ? null : String(version),
  };
}
