import { access, mkdir, rename, rm } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { inheritedEnvironment } from '../config/inherited-environment.ts';
import { takeLease } from '../processes/lease-file.ts';
import { run } from '../processes/run.ts';
import { environmentErrors } from './errors.ts';
import { inspectPython } from './inspect-python.ts';

/** What is installed when the machine has none, and the oldest that knows our flags. */
const PINNED = '0.13.9';
const OLDEST = [0, 6] as const;

const found = new Map<string, Promise<string>>();

/**
 * Where uv is: beside the interpreter, on the PATH, or installed once from the package index below `root`.
 * @throws ENVIRONMENT_UV_MISSING
 */
export function ensureUv(options: {
  readonly root: string;
  readonly python: string;
  readonly onLine?: (line: string) => void;
}): Promise<string> {
  const key = `${options.root}\0${options.python}`;
  const cached = found.get(key);
  if (cached !== undefined) return cached;
  const looked = look(options);
  found.set(key, looked);
  looked.catch(() => found.delete(key));
  return looked;
}

async function look({ root, python, onLine }: Parameters<typeof ensureUv>[0]): Promise<string> {
  const { executable } = await inspectPython(python);
  const own = join(root, `uv-${PINNED}`);
  const folders = [dirname(executable), ...(inheritedEnvironment()['PATH'] ?? '').split(delimiter), join(own, 'bin')];
  for (const folder of folders) {
    const candidate = join(folder, 'uv');
    if (await isUsable(candidate)) return candidate;
  }
  await mkdir(root, { recursive: true });
  await using _lease = await takeLease(`${own}.lock`);
  const installed = join(own, 'bin', 'uv');
  if (!(await isUsable(installed))) await install(executable, own, onLine);
  return installed;
}

async function isUsable(path: string): Promise<boolean> {
  if (
    !(await access(path).then(
      () => true,
      () => false,
    ))
  )
    return false;
  const { code, stdout } = await run(path, ['--version'], { timeoutMs: 30_000 }).catch(() => ({ code: 1, stdout: '' }));
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(stdout) ?? []).slice(1).map(Number);
  return code === 0 && (major > OLDEST[0] || minor >= OLDEST[1]);
}

async function install(python: string, own: string, onLine: ((line: string) => void) | undefined): Promise<void> {
  onLine?.(`installing uv ${PINNED}, once`);
  const building = `${own}.building`;
  const step = async (command: string, args: readonly string[]) => {
    const env = inheritedEnvironment();
    const { code, stdout, stderr } = await run(command, args, { env, timeoutMs: 10 * 60_000 }).catch(
      (error: Error) => ({
        code: 1,
        stdout: '',
        stderr: error.message,
      }),
    );
    if (code === 0) return;
    const reason = (stderr.trim() || stdout.trim()).split('\n').slice(-5).join('\n');
    throw environmentErrors.UV_MISSING({ reason });
  };
  await rm(building, { recursive: true, force: true });
  await rm(own, { recursive: true, force: true });
  await step(python, ['-m', 'venv', building]);
  await step(join(building, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', `uv==${PINNED}`]);
  // uv is a program of its own, so that moving the folder that it was installed into does no harm.
  await rename(building, own);
}
