import { inheritedEnvironment } from '../config/inherited-environment.ts';
import { run } from '../processes/run.ts';
import { environmentErrors } from './errors.ts';

const SCRIPT = `
import importlib.metadata as m, json
print(json.dumps({d.metadata['Name']: d.version for d in m.distributions() if d.metadata['Name']}))`;

/** Installed packages of an interpreter, name → version, sorted. @throws ENVIRONMENT_PYTHON_MISSING */
export async function freeze(python: string): Promise<Record<string, string>> {
  const env = inheritedEnvironment();
  const { code, stdout, stderr } = await run(python, ['-I', '-c', SCRIPT], { env, timeoutMs: 120_000 }).catch(
    (error: Error) => ({ code: 1, stdout: '', stderr: error.message }),
  );
  if (code !== 0) throw environmentErrors.PYTHON_MISSING({ python, reason: stderr.trim().slice(-500) });
  const packages = JSON.parse(stdout) as Record<string, string>;
  return Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)));
}
