import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Context } from '../../../context.ts';
import { ensureEnvironment } from '../../../platform/environments/ensure-environment.ts';
import type { Lock } from '../../../platform/environments/environment.ts';
import { freeze } from '../../../platform/environments/freeze.ts';
import { inspectPython } from '../../../platform/environments/inspect-python.ts';
import type { RecordedEnvironment } from '../environment.store.ts';
import type { Job } from '../job.ts';

export interface ChosenEnvironment {
  readonly recorded: RecordedEnvironment;
  readonly python: string;
  /** Folder of the environment; `null` when it is the server's own Python. */
  readonly path: string | null;
}

interface Options {
  readonly work: string;
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Files that declare an environment, in order of trust. */
const LOCKS = ['uv.lock', 'requirements.lock', 'requirements.txt'];

/** Builds or finds the environment that the snapshot declares; without a declaration it is the server's own Python. */
export async function chooseEnvironment(
  { config }: Pick<Context, 'config'>,
  job: Pick<Job, 'requirements' | 'snapshot'>,
  paths: ReadonlySet<string>,
  { work, onLine, signal }: Options,
): Promise<ChosenEnvironment> {
  const lock = chooseLock(job, paths, work);
  if (lock === null) {
    onLine('no uv.lock, requirements.lock or requirements.txt: the command runs with the Python of the server');
    return serversOwn(config.python);
  }
  const environment = await ensureEnvironment({
    root: join(config.dataDir, 'environments'),
    python: config.python,
    lock,
    salt: job.snapshot,
    onLine,
    signal,
  });
  const { id, lockDigest, pythonVersion: python, platform, packages } = environment;
  return {
    recorded: { id, kind: lock.kind, lockDigest, python, platform, packages },
    python: environment.python,
    path: environment.path,
  };
}

function chooseLock(job: Pick<Job, 'requirements'>, paths: ReadonlySet<string>, work: string): Lock | null {
  const named = job.requirements ?? LOCKS.find((name) => paths.has(name));
  if (named === undefined) return null;
  if (named === 'uv.lock') return { kind: 'uv.lock', folder: work };
  return { kind: 'requirements', file: join(work, named), root: work };
}

async function serversOwn(python: string): Promise<ChosenEnvironment> {
  const interpreter = await inspectPython(python);
  const packages = await freeze(interpreter.executable);
  const { version, platform, executable } = interpreter;
  const id = createHash('sha256')
    .update(JSON.stringify([version, platform, packages]))
    .digest('hex');
  return {
    recorded: { id, kind: 'none', lockDigest: null, python: version, platform, packages },
    python: executable,
    path: null,
  };
}
