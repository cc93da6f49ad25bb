import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BucleError } from '../errors.ts';
import { readJson, writeDurably } from '../processes/durable-file.ts';
import { takeLease } from '../processes/lease-file.ts';
import { ensureUv } from './ensure-uv.ts';
import type { Environment, EnvironmentSpec } from './environment.ts';
import { freeze } from './freeze.ts';
import { inspectPython } from './inspect-python.ts';
import { installPackages } from './install-packages.ts';
import { readLock } from './lock-files.ts';

/** Part of every id; a change of how environments are built makes new ones. */
const RECIPE = 1;

const building = new Map<string, Promise<Environment>>();

/**
 * The environment of a lock on this machine: built once, then found by its id. Processes that want the same
 * one at the same time wait for the first. May be called again after a crash at any moment.
 * @throws ENVIRONMENT_PYTHON_MISSING, ENVIRONMENT_UV_MISSING, ENVIRONMENT_LOCK_MISSING, ENVIRONMENT_BUILD_FAILED,
 *   ENVIRONMENT_INDEX_UNREACHABLE
 */
export async function ensureEnvironment(spec: EnvironmentSpec): Promise<Environment> {
  const planned = await plan(spec);
  const { id } = planned;
  const ready = await readEnvironment(spec.root, id);
  if (ready) return ready;
  const key = join(spec.root, id);
  const running = building.get(key);
  if (running !== undefined) return running.catch((error: unknown) => retryAfterOther(spec, error));
  const build = buildOnce(spec, planned).finally(() => building.delete(key));
  building.set(key, build);
  return build;
}

/** An environment that was built whole, by its id; `null` when there is none. */
export async function readEnvironment(root: string, id: string): Promise<Environment | null> {
  const environment = await readJson<Environment>(`${join(root, id)}.json`);
  return environment !== null && existsSync(environment.python) ? environment : null;
}

// Who built it may have been cancelled; that is no reason for those who waited.
function retryAfterOther(spec: EnvironmentSpec, error: unknown): Promise<Environment> {
  spec.signal?.throwIfAborted();
  if (error instanceof BucleError) throw error;
  return ensureEnvironment(spec);
}

interface Planned {
  readonly id: string;
  readonly lock: Awaited<ReturnType<typeof readLock>>;
  readonly interpreter: Awaited<ReturnType<typeof inspectPython>>;
}

/** Equal for specs whose environments are interchangeable. @throws as ensureEnvironment, before it builds */
export async function environmentId(spec: EnvironmentSpec): Promise<string> {
  return (await plan(spec)).id;
}

async function plan(spec: EnvironmentSpec): Promise<Planned> {
  const [interpreter, lock] = await Promise.all([inspectPython(spec.python), readLock(spec.lock)]);
  const { version, implementation, platform } = interpreter;
  const id = createHash('sha256')
    .update(
      JSON.stringify([
        RECIPE,
        implementation,
        version,
        platform,
        lock.digest,
        spec.extra ?? [],
        lock.localPaths.length > 0 ? (spec.salt ?? null) : null,
      ]),
    )
    .digest('hex');
  return { id, lock, interpreter };
}

async function buildOnce(spec: EnvironmentSpec, { id, lock, interpreter }: Planned): Promise<Environment> {
  const { root, python, onLine, signal } = spec;
  await mkdir(root, { recursive: true });
  await using lease = await takeLease(`${join(root, id)}.lock`, signal, () =>
    onLine?.('another process builds this environment; waiting for it'),
  );
  const ready = await readEnvironment(root, id);
  if (ready) return ready;
  const uv = await ensureUv({ root, python, ...(onLine ? { onLine } : {}) });
  onLine?.(`building the environment of ${lock.name} with Python ${interpreter.version}`);
  await removeRubble(root, id);
  // A venv holds its own path in many places, so that it is built where it stays; and each build has a folder
  // of its own, since the uv of a builder that was killed may still be writing into the former one.
  const path = `${join(root, id)}-${lease.generation}`;
  await installPackages({
    uv,
    python: interpreter.executable,
    path,
    lock: spec.lock,
    lockName: lock.name,
    extra: spec.extra ?? [],
    onLine,
    signal,
  });
  const own = join(path, 'bin', 'python');
  const environment: Environment = {
    id,
    path,
    python: own,
    lockDigest: lock.digest,
    pythonVersion: interpreter.version,
    platform: interpreter.platform,
    packages: await freeze(own),
  };
  await writeDurably(`${join(root, id)}.json`, JSON.stringify(environment, null, 2));
  onLine?.(`the environment is ready: ${Object.keys(environment.packages).length} packages`);
  return environment;
}

async function removeRubble(root: string, id: string): Promise<void> {
  const names = await readdir(root);
  for (const name of names.filter((one) => one.startsWith(`${id}-`))) {
    await rm(join(root, name), { recursive: true, force: true }).catch(() => {});
  }
}
