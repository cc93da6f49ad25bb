import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive, isSameProcess, type ProcessIdentity } from '../platform/processes/identity.ts';
import { isLeaseFree, leaseHolder } from '../platform/processes/lease-file.ts';
import { defineCommand, type Io } from './command.ts';
import { upErrors } from './up/errors.ts';
import { upPlaces } from './up/places.ts';
import { stopRoles } from './up/run-up.ts';

const POLL_MS = 50;
/** Both roles may take their grace, one after the other. */
const LONGEST_MS = 45_000;

export const command = defineCommand({
  summary: 'Stop the server and the gateway that `bucle up` started in a data folder.',
  usage: '[--data DIR]',
  options: {},
  async run(_input, io) {
    const { dataDir } = io.config;
    const places = upPlaces(dataDir);
    const holder = await leaseHolder(places.lock);
    const supervisor = holder !== null && (await stopUp(holder, io));
    const stopped = await stopRoles(
      (['server', 'gateway'] as const).map((name) => ({ name, stateFile: places.stateFile(name) })),
    );
    const parts = supervisor ? ['gateway', 'server'] : stopped;
    if (io.json) io.printJson({ data: dataDir, stopped: parts });
    else if (parts.length === 0) io.note(`Nothing of ${dataDir} runs.`);
    else io.note(`Stopped ${parts.join(' and ')}. Jobs that run go on; the next \`bucle up\` adopts them.`);
    return 0;
  },
});

/** Asks a `bucle up` to stop what it looks after; false when it is gone already. @throws UP_ELSEWHERE, UP_STILL_RUNS */
async function stopUp(holder: ProcessIdentity, { config, signal }: Io): Promise<boolean> {
  const { lock, log } = upPlaces(config.dataDir);
  if (!isAlive(holder)) {
    if (await isLeaseFree(lock)) return false;
    throw upErrors.ELSEWHERE({ data: config.dataDir, host: holder.host, pid: holder.pid });
  }
  const now = identify(holder.pid);
  if (now === null || !isSameProcess(now, holder)) return false;
  process.kill(holder.pid, 'SIGTERM');
  for (const end = performance.now() + LONGEST_MS; isAlive(holder); await sleep(POLL_MS, undefined, { signal })) {
    if (performance.now() > end) throw upErrors.STILL_RUNS({ pid: holder.pid, seconds: LONGEST_MS / 1000, log });
  }
  return true;
}
