import type { Config } from '../../platform/config/config.ts';
import { run } from '../../platform/processes/run.ts';

export interface PythonFound {
  /** `3.11.7`; `null` when it does not run or lacks venv. */
  readonly version: string | null;
  readonly good: boolean;
}

export const PYTHON_NEXT =
  'Install Python 3.10 or newer with its venv module, or name one by BUCLE_PYTHON. Jobs and models that are not ONNX need it.';

/** Looks at the Python that environments are made from. */
export async function checkPython({ python }: Pick<Config, 'python'>): Promise<PythonFound> {
  const probe = 'import sys, venv; print(".".join(map(str, sys.version_info[:3])))';
  const { code, stdout } = await run(python, ['-c', probe], { timeoutMs: 10_000 }).catch(() => ({
    code: 1,
    stdout: '',
  }));
  if (code !== 0) return { version: null, good: false };
  const version = stdout.trim();
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return { version, good: major > 3 || (major === 3 && minor >= 10) };
}
