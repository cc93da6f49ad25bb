import { mkdir } from 'node:fs/promises';
import { type Config, parseConfig } from '../../platform/config/config.ts';
import { makeDataFolder } from '../../platform/config/data-folder.ts';
import { readSettings } from '../../platform/config/settings.ts';
import { settingsFingerprint } from '../../platform/config/settings-fingerprint.ts';
import { holdLease } from '../../platform/processes/hold-lease.ts';
import { isAlive } from '../../platform/processes/identity.ts';
import { noteStart } from '../../platform/processes/start-note.ts';
import { readState, stopSupervised } from '../../platform/processes/supervise.ts';
import { exitCodes, type Io } from '../command.ts';
import { checkPython, PYTHON_NEXT } from './check-python.ts';
import { upErrors } from './errors.ts';
import { describeRole, type Role, siblingEnvironment, upPlaces } from './places.ts';
import { showProgress } from './progress.ts';
import { printReady } from './ready-message.ts';
import { STOP_GRACE_MS, stopIfChanged, type WatchedRole, watchRole } from './watch-roles.ts';

type Talk = Pick<Io, 'note' | 'print' | 'printJson' | 'json' | 'stderr' | 'env'>;

export interface UpRequest {
  readonly config: Config;
  /** The module that runs `server` and `gateway`. */
  readonly main: string;
  /** Ends it, and both roles with it. */
  readonly signal: AbortSignal;
}

/**
 * Keeps server and gateway of one data folder alive until the signal, then stops both. Nothing of it is needed for
 * them to live: when it is killed they go on, and the next one adopts them. @throws UP_…, CONFIG_…
 */
export async function runUp(io: Talk, { config: asked, main, signal }: UpRequest): Promise<number> {
  const env = siblingEnvironment(asked, io.env);
  const config = parseConfig(readSettings(env));
  const settings = settingsFingerprint(readSettings(env));
  await tellAboutPython(io, config);
  const places = upPlaces(config.dataDir);
  await makeFolder(config);
  await using _only = await holdLease(places.lock, {
    held: ({ pid }) => upErrors.RUNS_ALREADY({ data: config.dataDir, pid }),
    onWait: () => io.note('A `bucle up` of another machine or container held this folder: waiting until it is gone.'),
    signal,
  });
  const roles = (['server', 'gateway'] as const).map((name) => describeRole(name, main, config, env));
  const found = await lookAt(roles, settings, io);
  const began = performance.now();
  await using watched = new AsyncDisposableStack();
  const watch = async (role: Role): Promise<WatchedRole> =>
    watched.use(await watchRole(role, { restartDelayMs: config.restartDelayMs, note: io.note, signal }));
  try {
    const [server, gateway] = [await watch(roles[0] as Role), await watch(roles[1] as Role)];
    const pids = await showProgress(io, 'starting server and gateway', {
      server: server.ready,
      gateway: gateway.ready,
    });
    await noteStart(io.env, { kind: 'ready', url: config.serverUrl, settings });
    printReady(io, {
      config,
      pids,
      adopted: found.map(({ name }) => name),
      seconds: (performance.now() - began) / 1000,
    });
    await Promise.race([aborted(signal), server.failed, gateway.failed]);
  } catch (error) {
    await watched.disposeAsync();
    await stopRoles(roles.filter((role) => !found.includes(role)));
    if (signal.aborted) return exitCodes.interrupted;
    throw error;
  }
  await watched.disposeAsync();
  io.note('stopping gateway and server');
  await stopRoles(roles);
  io.note('Stopped. Jobs that run go on; the next `bucle up` adopts them.');
  return exitCodes.ok;
}

/** @throws UP_FOLDER */
export async function makeFolder(config: Pick<Config, 'dataDir'>): Promise<void> {
  const { dataDir: data } = config;
  try {
    await makeDataFolder(config);
    await mkdir(upPlaces(data).logs, { recursive: true });
  } catch (cause) {
    throw upErrors.FOLDER({ data, reason: (cause as Error).message }, { cause });
  }
}

/** Those that live already and may stay as they are. */
async function lookAt(roles: readonly Role[], settings: string, { note }: Pick<Io, 'note'>): Promise<Role[]> {
  const found: Role[] = [];
  for (const role of roles) {
    if (await stopIfChanged(role, settings)) note(`${role.name} ran with other settings: it is started again.`);
    const identity = await readState(role.stateFile);
    if (identity !== null && isAlive(identity)) found.push(role);
  }
  return found;
}

/** The gateway first: it hands over what it captured while the server still lives. */
export async function stopRoles(roles: readonly Pick<Role, 'stateFile' | 'name'>[]): Promise<string[]> {
  const stopped: string[] = [];
  for (const { name, stateFile } of roles.toReversed()) {
    if (await stopSupervised(stateFile, STOP_GRACE_MS)) stopped.push(name);
  }
  return stopped;
}

async function tellAboutPython({ env, note }: Talk, config: Config): Promise<void> {
  const { version, good } = await checkPython(config);
  if (good) return;
  if (env['BUCLE_PYTHON'] && version === null) throw upErrors.PYTHON_MISSING({ python: config.python });
  const found = version === null ? 'no Python with its venv module was found' : `Python ${version} is too old`;
  note(`warning: ${found}.\n  next: ${PYTHON_NEXT}`);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
