import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place } from '../../../scripts/bucle-command.ts';
import { isUp } from '../../../scripts/fresh-bucle.ts';
import { until } from '../../../scripts/until.ts';

export interface Outage {
  /** Milliseconds from the kill until it answered again. */
  readonly milliseconds: number;
  readonly oldPid: number;
  readonly newPid: number;
}

/** Kills the control server as a power cut would, and waits until `bucle up` has brought it back. */
export async function killServer(place: Place): Promise<Outage> {
  const oldPid = await serverPid(place);
  process.kill(oldPid, 'SIGKILL');
  const killed = Date.now();
  await until('the killed server is gone', 2_000, async () => !(await isUp(`${place.serverUrl}/api/v1/status`)));
  await until('the server is back', 60_000, () => isUp(`${place.serverUrl}/api/v1/status`));
  return { milliseconds: Date.now() - killed, oldPid, newPid: await serverPid(place) };
}

async function serverPid({ data }: Place): Promise<number> {
  const state = JSON.parse(await readFile(join(data, 'processes', 'server.json'), 'utf8')) as { pid: number };
  return state.pid;
}
