import { setTimeout as sleep } from 'node:timers/promises';
import { parseConfig } from '../../platform/config/config.ts';
import { readSettings } from '../../platform/config/settings.ts';
import { boundFile } from '../../platform/processes/bounded-file.ts';
import { isAlive, type ProcessIdentity } from '../../platform/processes/identity.ts';
import { leaseHolder } from '../../platform/processes/lease-file.ts';
import { spawnDetached } from '../../platform/processes/spawn-detached.ts';
import {
  clearStartNote,
  readStartNote,
  type StartOutcome,
  startNoteEnvironment,
} from '../../platform/processes/start-note.ts';
import { readState } from '../../platform/processes/supervise.ts';
import type { Io } from '../command.ts';
import { upErrors } from './errors.ts';
import { nodeCommand, settingsEnvironment, siblingEnvironment, upPlaces } from './places.ts';
import { showProgress } from './progress.ts';
import { printReady } from './ready-message.ts';
import { makeFolder } from './run-up.ts';

const POLL_MS = 50;
const LOG_LIMIT = 8 * 1024 * 1024;

/** Starts a `bucle up` that nobody watches, and resolves when server and gateway are ready. @throws UP_… */
export async function detachUp(
  io: Pick<Io, 'note' | 'print' | 'printJson' | 'json' | 'stderr' | 'env' | 'config' | 'signal'>,
  cliMain: string,
): Promise<number> {
  const config = parseConfig(readSettings(siblingEnvironment(io.config, io.env)));
  const places = upPlaces(config.dataDir);
  await makeFolder(config);
  const holder = await leaseHolder(places.lock);
  if (holder !== null && isAlive(holder)) {
    throw upErrors.RUNS_ALREADY({ data: config.dataDir, pid: holder.pid });
  }
  await boundFile(places.log, LOG_LIMIT);
  await clearStartNote(places.note);
  const began = performance.now();
  const { command, args } = nodeCommand(cliMain);
  const env = { ...settingsEnvironment(io.config, io.env), ...startNoteEnvironment(places.note) };
  const identity = await spawnDetached({
    command,
    args: [...args, 'up'],
    cwd: config.dataDir,
    env,
    logFile: places.log,
  });
  const stop = () => identity !== null && process.kill(identity.pid, 'SIGTERM');
  io.signal.addEventListener('abort', stop, { once: true });
  const started = untilOutcome(places.note, identity);
  const { outcome } = await showProgress(io, 'starting server and gateway', { outcome: started });
  io.signal.removeEventListener('abort', stop);
  io.signal.throwIfAborted();
  if (outcome === null)
    throw upErrors.REFUSED({ message: '`bucle up` ended at once.', hint: `Look at ${places.log}.` });
  if (outcome.kind === 'refused') {
    throw upErrors.REFUSED({ message: outcome.message, hint: outcome.next ?? `Look at ${places.log}.` });
  }
  const pid = async (role: 'server' | 'gateway') => (await readState(places.stateFile(role)))?.pid ?? 0;
  printReady(io, {
    ...{ config, pids: { server: await pid('server'), gateway: await pid('gateway') }, adopted: [], detached: true },
    seconds: (performance.now() - began) / 1000,
  });
  return 0;
}

async function untilOutcome(path: string, identity: ProcessIdentity | null): Promise<StartOutcome | null> {
  if (identity === null) return null;
  for (; ; await sleep(POLL_MS)) {
    const alive = isAlive(identity);
    const outcome = await readStartNote(path, identity);
    if (outcome !== null || !alive) return outcome;
  }
}
