import { inheritedEnvironment } from '../config/inherited-environment.ts';
import { run } from '../processes/run.ts';
import { environmentErrors } from './errors.ts';

export interface Interpreter {
  /** Absolute path, links resolved by Python itself. */
  readonly executable: string;
  /** `3.11.7`. */
  readonly version: string;
  /** `cpython`. */
  readonly implementation: string;
  /** `linux-x86_64`, with the C library where it matters. */
  readonly platform: string;
}

const PROBE = `
import json, platform, sys, sysconfig
libc = '-'.join(platform.libc_ver()) if sys.platform == 'linux' else ''
print(json.dumps({
  'executable': sys.executable, 'version': platform.python_version(),
  'implementation': sys.implementation.name, 'platform': sysconfig.get_platform() + (' ' + libc if libc else ''),
}))`;
const OLDEST_MINOR = 10;

const known = new Map<string, Promise<Interpreter>>();

/** What an interpreter is; asked once per process. @throws ENVIRONMENT_PYTHON_MISSING */
export function inspectPython(python: string): Promise<Interpreter> {
  const cached = known.get(python);
  if (cached !== undefined) return cached;
  const asked = ask(python);
  known.set(python, asked);
  asked.catch(() => known.delete(python));
  return asked;
}

async function ask(python: string): Promise<Interpreter> {
  const failed = (reason: string) => environmentErrors.PYTHON_MISSING({ python, reason });
  const { code, stdout, stderr } = await run(python, ['-I', '-c', PROBE], {
    env: inheritedEnvironment(),
    timeoutMs: 60_000,
  }).catch((error: Error) => {
    throw failed(`${error.message}.`);
  });
  if (code !== 0) throw failed(`it ends with code ${code}: ${stderr.trim().split('\n').at(-1) ?? ''}`);
  const interpreter = JSON.parse(stdout) as Interpreter;
  const [major = 0, minor = 0] = interpreter.version.split('.').map(Number);
  if (major !== 3 || minor < OLDEST_MINOR) throw failed(`it is version ${interpreter.version}.`);
  return interpreter;
}
