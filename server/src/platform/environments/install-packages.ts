import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inheritedEnvironment } from '../config/inherited-environment.ts';
import { run } from '../processes/run.ts';
import type { Lock } from './environment.ts';
import { environmentErrors } from './errors.ts';
import { explainFailure } from './explain-failure.ts';

export interface Installation {
  readonly uv: string;
  /** Interpreter to make the environment from. */
  readonly python: string;
  readonly path: string;
  readonly lock: Lock;
  readonly lockName: string;
  readonly extra: readonly string[];
  readonly onLine: ((line: string) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

const LONGEST_MS = 60 * 60_000;

/** Fills an empty folder with an environment. @throws ENVIRONMENT_BUILD_FAILED, ENVIRONMENT_INDEX_UNREACHABLE */
export async function installPackages(installation: Installation): Promise<void> {
  const { path, python, lock, extra } = installation;
  const own = join(path, 'bin', 'python');
  await uv(installation, ['venv', '--no-project', '--quiet', '--python', python, path], dirname(path));
  if (lock.kind === 'uv.lock') {
    const args = ['sync', '--frozen', '--no-install-project', '--no-install-workspace', '--compile-bytecode'];
    await uv(installation, [...args, '--python', own], lock.folder);
    if (extra.length > 0)
      await uv(installation, ['pip', 'install', '--compile-bytecode', '--python', own, ...extra], path);
    return;
  }
  const file = await withoutEditables(lock.file);
  const args = ['pip', 'install', '--compile-bytecode', '--python', own, '-r', file, ...extra];
  try {
    await uv(installation, args, dirname(lock.file));
  } finally {
    if (file !== lock.file) await rm(file, { force: true });
  }
}

// An editable package would tie a shared environment to one attempt's copy of the code.
async function withoutEditables(file: string): Promise<string> {
  const text = await readFile(file, 'utf8');
  const plain = text.replace(/^([ \t]*)(?:-e|--editable)[ \t=]+/gm, '$1');
  if (plain === text) return file;
  const copy = join(dirname(file), `.bucle-requirements-${process.pid}.txt`);
  await writeFile(copy, plain);
  return copy;
}

async function uv(installation: Installation, args: readonly string[], cwd: string): Promise<void> {
  const { path, lockName, onLine, signal } = installation;
  const { code, stderr, timedOut } = await run(installation.uv, [...args, '--no-progress'], {
    cwd,
    env: { ...uvEnvironment(), UV_PROJECT_ENVIRONMENT: path },
    timeoutMs: LONGEST_MS,
    ...(onLine ? { onLine } : {}),
    ...(signal ? { signal } : {}),
  });
  if (code === 0) return;
  const failure = explainFailure(timedOut ? `uv did not end within ${LONGEST_MS / 60_000} minutes` : stderr);
  const details = { lock: lockName, reason: failure.reason };
  if (failure.unreachable) throw environmentErrors.INDEX_UNREACHABLE(details);
  throw environmentErrors.BUILD_FAILED({
    ...details,
    package: failure.package === null ? '' : ` because of ${failure.package}`,
  });
}

/** uv knows no settings of pip; who set an index for pip means it for us too. */
export function uvEnvironment(env: Readonly<Record<string, string>> = inheritedEnvironment()): Record<string, string> {
  const set = Object.keys(env);
  const has = (...names: string[]) => names.some((name) => set.includes(name));
  const translated: Record<string, string> = {};
  if (!has('UV_DEFAULT_INDEX', 'UV_INDEX_URL') && env['PIP_INDEX_URL'])
    translated['UV_DEFAULT_INDEX'] = env['PIP_INDEX_URL'];
  if (!has('UV_INDEX', 'UV_EXTRA_INDEX_URL') && env['PIP_EXTRA_INDEX_URL'])
    translated['UV_INDEX'] = env['PIP_EXTRA_INDEX_URL'];
  return { ...env, ...translated, NO_COLOR: '1', UV_PYTHON_DOWNLOADS: 'never' };
}
